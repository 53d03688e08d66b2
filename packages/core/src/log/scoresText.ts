import type {Validation} from '../contract/index.js';

const signed = (gain: number) => `${gain < 0 ? '' : '+'}${gain.toFixed(2)}`;

/** The comparison after a score: `inputs' mean 36.03, gain -3.46`. */
export const besideText = (score: number, baseline: number) =>
  `inputs' mean ${baseline.toFixed(2)}, gain ${signed(score - baseline)}`;

/**
 * `psnr 32.57 (inputs' mean 36.03, gain -3.46), psnr/gap 1 33.20`: each score, beside it that of
 * the mean of the two inputs.
 */
export const scoresText = (scores: Validation['scores'], baselines: Validation['baselines']): string =>
  Object.entries(scores)
    .map(([name, score]) => {
      const baseline = baselines[name];
      const beside = baseline === undefined ? '' : ` (${besideText(score, baseline)})`;
      return `${name} ${score.toFixed(2)}${beside}`;
    })
    .join(', ');

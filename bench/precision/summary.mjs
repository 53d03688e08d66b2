/** Scores of each variant, and how far it is from float32 at the same seed. */
import {markdownTable} from '../lib/page.mjs';

const mean = values => values.reduce((a, b) => a + b, 0) / values.length;
const BASE = 'fp32';

/**
 * By variant: `psnr` by gap, the mean over seeds; `difference` by gap from float32, for each seed
 * and as a mean.
 */
export function summaryOf(runs) {
  const variants = [...new Set(runs.map(({variant}) => variant))];
  const of = variant => runs.filter(run => run.variant === variant);
  const gaps = Object.keys(runs[0].psnr);
  return variants.map(variant => {
    const byGap = f => Object.fromEntries(gaps.map(gap => [gap, f(gap)]));
    const differences = byGap(gap =>
      of(variant).map(run => run.psnr[gap] - of(BASE).find(({seed}) => seed === run.seed).psnr[gap]),
    );
    return {
      variant,
      psnr: byGap(gap => mean(of(variant).map(({psnr}) => psnr[gap]))),
      difference: byGap(gap => ({mean: mean(differences[gap]), bySeed: differences[gap]})),
    };
  });
}

const signed = value => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;

/** Markdown: PSNR in dB, and the difference from float32 with that of each seed. */
export function table(summary) {
  const gaps = Object.keys(summary[0].psnr);
  const cell = ({variant, psnr, difference}, gap) => {
    if (variant === BASE) return psnr[gap].toFixed(2);
    const {mean: average, bySeed} = difference[gap];
    return `${psnr[gap].toFixed(2)} (${signed(average)}: ${bySeed.map(signed).join(', ')})`;
  };
  return markdownTable(
    ['', ...gaps.map(gap => `gap ${gap}`)],
    summary.map(row => [row.variant, ...gaps.map(gap => cell(row, gap))]),
    gaps.length + 1,
  );
}

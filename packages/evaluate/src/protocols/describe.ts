/** A protocol in words, as it is printed with each score. */
import type {MetricName} from '../metrics/metric.js';
import type {Padding} from '../picture/pad.js';
import type {ProtocolFacts} from '../report/result.js';
import type {Protocol} from './protocol.js';

/** How a network is used: what flags may change in a protocol. */
export interface Use {
  /** Size at which the flow is estimated, relative to the frame. */
  scale: number;
  /** `midpoints` also for a network that takes no timestep. */
  times: 'direct' | 'midpoints';
  tta: boolean;
  ensemble: boolean;
}

const SSIM_WORDS: Partial<Record<MetricName, string>> = {
  ssim: 'SSIM of RIFE (3-D Gaussian), not rounded',
  'ssim-rounded': 'SSIM of RIFE (3-D Gaussian), rounded',
  'ssim-skimage': 'SSIM of skimage (7 x 7, RGB), rounded',
  'ssim-xvfi': 'SSIM of XVFI (7 x 7 on Y, range of the prediction), rounded',
  'ssim-tf': 'SSIM of TensorFlow, not rounded',
};

const PSNR_WORDS: Partial<Record<MetricName, string>> = {
  psnr: 'PSNR not rounded',
  'psnr-rounded': 'PSNR rounded to 1/255',
  'psnr-y': 'PSNR on Y, rounded',
};

function paddingText(padding: Padding | undefined): string {
  if (!padding) return 'zeros at the right and bottom, as the network needs';
  if (padding.where === 'rows') {
    const rows = Object.entries(padding.rows).map(([height, count]) => `${count} at ${height} rows`);
    return `outermost rows repeated above and below: ${rows.join(', ')}`;
  }
  const {to} = padding;
  const size = 'multiple' in to ? `a multiple of ${to.multiple}` : `${to.height} x ${to.width}`;
  return padding.where === 'centre'
    ? `edges repeated around, to ${size}`
    : `${padding.fill === 0 ? 'zeros' : `values of ${padding.fill}`} at the right and bottom, to ${size}`;
}

const wordsOf = (metrics: readonly MetricName[], words: Partial<Record<MetricName, string>>) =>
  metrics.flatMap(name => words[name] ?? []);

/** What is printed about a protocol, and how the network was used under it. */
export function protocolFacts(protocol: Protocol, {scale, times, tta, ensemble}: Use): ProtocolFacts {
  const {name, source, metrics, padding, mean = 'frames', channels, notes = []} = protocol;
  return {
    name,
    source: source.trim(),
    metrics,
    mean,
    facts: [
      ...wordsOf(metrics, PSNR_WORDS),
      ...wordsOf(metrics, SSIM_WORDS),
      paddingText(padding),
      `flow at ${scale} of the size`,
      times === 'direct' ? 'timesteps direct' : 'repeated midpoints, not rounded between',
      tta ? 'TTA (mean with the turned frames)' : 'no TTA',
      ...(ensemble ? ['ensemble of both directions'] : []),
      ...(channels === 'rgb' ? ['fed with RGB'] : []),
      ...notes,
    ],
  };
}

/** Summary of each run. */
import {median} from '../lib/numbers.mjs';

const mean = values => values.reduce((a, b) => a + b, 0) / values.length;
/** Steps at the end whose loss counts. */
const LAST = 50;

/** One row per variant, means over the seeds. */
export function summarize(runs) {
  const variants = [...new Set(runs.map(({variant}) => variant))];
  return variants.map(variant => {
    const own = runs.filter(run => run.variant === variant);
    const over = f => mean(own.map(f));
    return {
      variant,
      seeds: own.length,
      reconstruction: over(({curve}) => mean(curve.slice(-LAST).map(s => s.reconstruction))),
      psnr: Object.fromEntries(Object.keys(own[0].psnr).map(gap => [gap, over(({psnr}) => psnr[gap])])),
      largestNorm: Math.max(...own.flatMap(({curve}) => curve.map(s => s.gradNorm))),
      largestFlow: Math.max(...own.flatMap(({curve}) => curve.map(s => s.maxFlow))),
      skipped: own.reduce((sum, {skipped}) => sum + skipped, 0),
      stepMs: median(own.flatMap(({curve}) => curve.slice(5).map(s => s.stepMs))),
    };
  });
}

/** Markdown. */
export function table(rows) {
  const gaps = Object.keys(rows[0].psnr);
  const base = rows.find(({variant}) => variant === 'none')?.stepMs;
  const head = [
    'variant',
    'reconstruction',
    ...gaps.map(gap => `PSNR gap ${gap}`),
    'largest gradient norm',
    'largest flow',
    'skipped',
    'ms / step',
    'of none',
  ];
  const cells = ({variant, reconstruction, psnr, largestNorm, largestFlow, skipped, stepMs}) => [
    variant,
    reconstruction.toFixed(4),
    ...gaps.map(gap => psnr[gap].toFixed(2)),
    largestNorm.toPrecision(3),
    `${largestFlow.toPrecision(3)} px`,
    String(skipped),
    stepMs.toFixed(0),
    base ? (stepMs / base).toFixed(2) : '-',
  ];
  return [head, head.map(() => '---'), ...rows.map(cells)].map(row => `| ${row.join(' | ')} |`).join('\n');
}

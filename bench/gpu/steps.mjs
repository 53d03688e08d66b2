/** Training steps on one GPU: ours with several settings, and PyTorch as its users run it. */
import {fileURLToPath} from 'node:url';
import {markdownTable} from '../lib/page.mjs';
import {flags, orError, runJson} from '../lib/process.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));

/** Options of ours.mjs, or of step.py (`torch`). */
export const VARIANTS = {
  ours: {},
  'ours-no-tf32': {gpu: {tf32: false}},
  'ours-no-tf32-nchw': {gpu: {tf32: false, layout: 'nchw'}},
  'ours-bf16': {precision: 'bf16'},
  'ours-xla': {compile: 'xla'},
  'ours-bf16-xla': {precision: 'bf16', compile: 'xla'},
  torch: {torch: ['--memory-format', 'channels_last']},
  'torch-amp': {torch: ['--memory-format', 'channels_last', '--dtype', 'bf16']},
  'torch-compile': {torch: ['--memory-format', 'channels_last', '--compile']},
  'torch-compile-amp': {torch: ['--memory-format', 'channels_last', '--dtype', 'bf16', '--compile']},
};

function measure(name, {batch, crop}, {steps, warmup, torch, device, timeoutMs}) {
  const {torch: own, gpu = {}, precision = 'fp32', compile = 'none'} = VARIANTS[name];
  const common = flags({batch, crop, steps, warmup});
  if (own)
    return torch.missing
      ? Promise.resolve({error: torch.missing})
      : runJson(
          torch.python,
          [path('../twin/step.py'), ...common, ...own, '--device', device],
          {},
          timeoutMs,
        );
  const options = flags({precision, compile, gpu: JSON.stringify(gpu)});
  return runJson(process.execPath, [path('../step/ours.mjs'), ...common, ...options], {}, timeoutMs);
}

/**
 * Every variant at every case. What the time does not suffice for is recorded as not run.
 * @param cases {batch, crop}
 * @param device of PyTorch: `cuda` or `cpu`
 */
export async function stepTimes(cases, {names = Object.keys(VARIANTS), remainingMs, ...options}) {
  const rows = [];
  for (const shape of cases)
    for (const name of names) {
      const result = await orError(() => measure(name, shape, {...options, timeoutMs: remainingMs()}));
      rows.push({...shape, variant: name, ...result});
      console.error(
        `${shape.batch}x${shape.crop} ${name}: ${result.error ?? `${result.medianMs.toFixed(1)} ms`}`,
      );
    }
  return rows;
}

/** Markdown; ratios are to the fastest of PyTorch at the same case, in the same precision. */
export function stepsTable(rows) {
  const head = ['batch x crop', 'variant', 'ms a step', 'images/s', 'GPU GiB', 'of fastest PyTorch'];
  const kindOf = ({batch, crop, variant}) => `${batch}x${crop} ${/bf16|amp/.test(variant)}`;
  const fastestTwin = row =>
    Math.min(
      ...rows
        .filter(one => one.variant.startsWith('torch') && !one.error && kindOf(one) === kindOf(row))
        .map(({medianMs}) => medianMs),
    );
  const cells = row => {
    const {batch, crop, variant, medianMs, imagesPerSecond, gpuUsedBytes} = row;
    if (row.error) return [`${batch}x${crop}`, variant, 'failed', '', '', ''];
    const ratio = medianMs / fastestTwin(row);
    return [
      ...[`${batch}x${crop}`, variant, medianMs.toFixed(1), imagesPerSecond.toFixed(1)],
      ...[gpuUsedBytes === undefined ? '' : (gpuUsedBytes / 2 ** 30).toFixed(1)],
      ratio > 0 ? ratio.toFixed(2) : '',
    ];
  };
  return markdownTable(head, rows.map(cells), 2);
}

/** Results of a step benchmark as rows, ratios and a Markdown table. */
import {median} from '../lib/numbers.mjs';

const FP32_TWINS = ['torch-nchw', 'torch-channels_last'];

/**
 * Joins the rounds of one variant in one case: median over all timed steps, largest peak, median
 * capture time.
 */
export function summarise(rounds, batch) {
  const good = rounds.filter(round => !round.error);
  if (good.length === 0) return {error: rounds[0]?.error ?? 'not run'};
  const stepMs = good.flatMap(round => round.stepMs);
  const medianMs = median(stepMs);
  const captures = good.filter(round => round.capture).map(round => round.capture);
  return {
    medianMs,
    minMs: Math.min(...stepMs),
    maxMs: Math.max(...stepMs),
    imagesPerSecond: (batch * 1e3) / medianMs,
    peakRssBytes: Math.max(...good.map(round => round.peakRssBytes)),
    importRssBytes: Math.max(...good.map(round => round.importRssBytes)),
    ...(captures.length && {
      capture: {
        nodes: captures[0].nodes,
        traceMs: median(captures.map(capture => capture.traceMs)),
        loadMs: median(captures.map(capture => capture.loadMs)),
      },
    }),
    stepMs: good.map(round => round.stepMs),
    ...(good.length < rounds.length && {failedRounds: rounds.length - good.length}),
  };
}

/**
 * The ratios that matter: ours against PyTorch's best fp32 setting, in bfloat16 against its
 * autocast, and capturing against not capturing.
 */
export function ratios(variants) {
  const ms = name => variants[name]?.medianMs;
  const twins = FP32_TWINS.map(ms).filter(value => value !== undefined);
  const best = twins.length ? Math.min(...twins) : undefined;
  return {
    capturedToBestTorch: best && ms('captured') && ms('captured') / best,
    bf16ToTorch: ms('torch-bf16') && ms('bf16') && ms('bf16') / ms('torch-bf16'),
    eagerToCaptured: ms('eager') && ms('captured') && ms('eager') / ms('captured'),
  };
}

export const number = (value, digits = 0) => (value === undefined ? '-' : value.toFixed(digits));
export const gib = bytes => (bytes === undefined ? '-' : (bytes / 2 ** 30).toFixed(2));

function row(name, variantName, variant, caseRatios) {
  if (variant.error) return [name, variantName, 'failed', '', '', '', '', ''];
  const capture = variant.capture && variant.capture.traceMs + variant.capture.loadMs;
  const {capturedToBestTorch: captured, bf16ToTorch: bf16, eagerToCaptured: eager} = caseRatios;
  const ratio = {captured, bf16, eager}[variantName];
  const against = {
    captured: ' of best PyTorch fp32',
    bf16: ' of PyTorch bf16',
    eager: ' of captured',
  }[variantName];
  return [
    name,
    variantName,
    number(variant.medianMs),
    number(variant.minMs),
    number(variant.imagesPerSecond, 2),
    gib(variant.peakRssBytes),
    capture === undefined ? '' : number(capture / 1e3, 1),
    ratio === undefined ? '' : `${ratio.toFixed(2)}${against}`,
  ];
}

const HEAD = [
  'batch x crop',
  'variant',
  'ms/step',
  'fastest',
  'images/s',
  'peak RSS GiB',
  'capture s',
  'ratio',
];

/** All cases as one Markdown table. */
export function table(cases) {
  const rows = cases.flatMap(entry =>
    Object.entries(entry.variants).map(([name, variant]) => row(entry.case, name, variant, entry.ratios)),
  );
  const widths = HEAD.map((title, i) => Math.max(title.length, ...rows.map(cells => cells[i].length)));
  const line = cells => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(HEAD), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

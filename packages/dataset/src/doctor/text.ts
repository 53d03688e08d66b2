/** The report of `data doctor` as text. */
import {plural, printable} from '@rife-train/errors';
import {REASONS} from '@rife-train/data/parts';
import {duration, percent, table} from '../text.js';
import {FINDING_KINDS, type Finding} from './findings.js';
import type {DataReport, SplitReport} from './report.js';

/** Most findings of a kind that are listed; the file of --json has all. */
const LISTED = 20;
/** Sizes and lengths that are listed of a split. */
const MOST = 4;

const bytesText = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const pixels = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

function listed(texts: readonly string[]): string {
  const rest = texts.length - MOST;
  return [...texts.slice(0, MOST), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

/** Size and length of the clips of a split. */
export function splitLine({split, clips, examined, frames, bytes, sizes, lengths}: SplitReport): string {
  const looked = examined === clips ? '' : ` (${examined} looked at)`;
  const size = listed(sizes.map(({height, width, clips: count}) => `${height} x ${width} (${count})`));
  const length = listed(lengths.map(({frames: each, clips: count}) => `${each} (${count})`));
  const head = `${split.padEnd(6)} ${plural(clips, 'clip')}${looked}, ${plural(frames, 'frame')}, ${bytesText(bytes)}`;
  return `${head}\n       height x width (clips): ${size || 'none can be read'}\n       frames (clips): ${length}`;
}

/** `train "001/cam01": ...` */
export const findingLine = ({split, clip, text}: Finding) => printable(`${split} "${clip}": ${text}`);

function findingLines({findings}: DataReport): string[] {
  return Object.entries(FINDING_KINDS).flatMap(([kind, [, meaning]]) => {
    const own = findings.filter(finding => finding.kind === kind);
    if (own.length === 0) return [];
    const rest = own.length - LISTED;
    return [
      '',
      `${own[0]!.severity === 'error' ? 'ERROR' : 'warning'}  ${kind} (${own.length}): ${meaning}`,
      ...own.slice(0, LISTED).map(finding => `  ${findingLine(finding)}`),
      ...(rest > 0 ? [`  and ${rest} more`] : []),
    ];
  });
}

/** Files that the scans left out. */
const passedOverLines = ({passedOver}: DataReport): string[] =>
  passedOver.flatMap(({split, reason, paths}) => [
    '',
    `passed over in ${split}, ${REASONS[reason]} (${paths.length})`,
    ...paths.slice(0, LISTED).map(path => `  ${printable(path)}`),
    ...(paths.length > LISTED ? [`  and ${paths.length - LISTED} more (--json lists all)`] : []),
  ]);

function motionLines({motion, fastest}: DataReport): string[] {
  const rows = motion
    .filter(({windows}) => windows > 0)
    .map(({gap, median, p95}) => [String(gap), pixels(median), pixels(p95)]);
  if (rows.length === 0) return [];
  const [first] = fastest;
  const most =
    first &&
    `Most from frame to frame: ${first.split} "${first.clip}", frame ${first.frame}, ${pixels(first.pixels)} px.`;
  return [
    '',
    'Motion, pixels of the frames, of windows with something in them (block matching; up to a quarter of the longer side)',
    ...table(['frames apart', 'median', '95 %'], rows).map(row => `  ${row}`),
    ...(most ? [printable(most)] : []),
  ];
}

function samplingLines({sampling, options}: DataReport): string[] {
  const [minGap, maxGap] = options.gaps;
  if ('error' in sampling) return ['', `Gaps ${minGap} to ${maxGap} can't be drawn: ${sampling.error}`];
  const shares = sampling.shares.map(({gap, share}) => `${gap}: ${percent(share)}`);
  return ['', `Share of each gap, data.gaps [${minGap}, ${maxGap}] without plugins: ${shares.join(', ')}`];
}

function decodeLines({decode}: DataReport): string[] {
  if (!decode) return [];
  const {msPerTriplet, triplets, workers, epochSamples, epochSeconds} = decode;
  return [
    '',
    `Decoding: ${msPerTriplet.toFixed(1)} ms a triplet in one thread (mean of ${triplets}); an epoch of ${plural(epochSamples, 'sample')}`,
    `takes ${duration(epochSeconds * 1000)} with ${plural(workers, 'worker')}. This assumes that nothing is decoded or cached yet, that each worker has`,
    'a core of its own, and leaves the training step out.',
  ];
}

/** The last line: the number of errors and warnings. */
export function verdict({counts: {errors, warnings}}: DataReport): string {
  if (errors + warnings === 0) return 'Nothing is wrong.';
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`;
}

/** The whole report, without a final line end. */
export function reportText(report: DataReport): string {
  return [
    printable(report.root),
    ...report.splits.map(splitLine),
    ...findingLines(report),
    ...passedOverLines(report),
    ...motionLines(report),
    ...samplingLines(report),
    ...decodeLines(report),
    ...report.notes.map(printable),
    '',
    verdict(report),
  ].join('\n');
}

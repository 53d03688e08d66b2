/** `rife-train weights inspect`: what is in a file, and which network it fits. */
import {resolve} from 'node:path';
import type {ModelOptions} from '@rife-train/core';
import {
  deduceOptions,
  matchLines,
  matchWeights,
  printable,
  specsOf,
  type WeightsMatch,
} from '@rife-train/model/weights';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {countText, jsonText, summarize, type Summary, valueText} from './numbers.js';
import {REFERENCE_WIDTHS} from './checkNetwork.js';
import {networkNote} from './networkNote.js';
import {formatText, readSource, type WeightsSource} from './source.js';
import {firstRows, labelled, table} from './table.js';

/** Flags of `weights inspect`. */
export interface InspectFlags {
  key?: string;
  tensors?: true;
  json?: true;
}

/** The network that the weights fit best. */
interface Fit {
  options: ModelOptions;
  /** Is it from a checkpoint? Else it is deduced from shapes. */
  isFromCheckpoint: boolean;
  specs: ReturnType<typeof specsOf>;
  match: WeightsMatch;
}

/** Prints what is in a file. Returns the exit code; throws coded errors. */
export async function runInspect(path: string, flags: InspectFlags, io: CommandIo): Promise<number> {
  const source = await readSource(resolve(io.cwd, path), flags.key);
  const report = {source, fit: fitOf(source), summaries: summarize(source.tensors)};
  io.stdout.write(`${flags.json ? jsonReport(report, flags) : textReport(report, flags)}\n`);
  return EXIT.ok;
}

interface Report {
  source: WeightsSource;
  fit: Fit | undefined;
  summaries: ReturnType<typeof summarize>;
}

function fitOf({tensors, checkpoint}: WeightsSource): Fit | undefined {
  const known = checkpoint && specsIfKnown(checkpoint.model);
  const options = known ? checkpoint.model : deduceOptions(tensors);
  const specs = known ?? (options && specsIfKnown(options));
  return (
    options &&
    specs && {options, isFromCheckpoint: known !== undefined, specs, match: matchWeights(specs, tensors)}
  );
}

/** A checkpoint may be of a network that a plugin made, and that is not known here. */
function specsIfKnown(options: ModelOptions) {
  try {
    return specsOf(options);
  } catch {
    return undefined;
  }
}

/** `F32`, or `F32 188, I64 2` */
function dtypesOf({tensors}: WeightsSource): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const {dtype} of tensors.values()) counts[dtype] = (counts[dtype] ?? 0) + 1;
  return counts;
}

/** Differences from the reference, besides widths and scales. */
function extrasText({norm, fusion, receptiveField = 'none'}: ModelOptions): string {
  const extras = [
    ...(norm === 'batch' ? ['batch norm in the blocks'] : []),
    ...(fusion ? ['fused context features'] : []),
    ...(receptiveField === 'none' ? [] : [`${receptiveField} branches`]),
  ];
  return extras.map(extra => `, ${extra}`).join('');
}

function networkText({options, isFromCheckpoint}: Fit): string[] {
  const {name, version, widths = [], scales} = options;
  const list = widths.join(', ');
  if (version !== undefined) return [`${name} ${version}, widths ${list}`, `scales ${scales.join(', ')}`];
  const blocks = list === REFERENCE_WIDTHS ? "blocks as the reference's" : "not the reference's blocks";
  return [
    `${name}, widths ${list} (${blocks})${extrasText(options)}`,
    isFromCheckpoint
      ? `scales ${scales.join(', ')}, as the checkpoint says`
      : `scales are not in a file; usual for ${widths.length === 1 ? '1 block' : `${widths.length} blocks`}: ${scales.join(', ')}`,
  ];
}

function fitText({specs, match}: Fit): string[] {
  const {missing, misshaped, extra} = matchLines(specs, match);
  const whole = match.loaded.size === specs.length;
  return [
    ...labelled('fit', [
      `${whole ? 'all' : `${match.loaded.size} of`} ${specs.length} tensors of the network`,
    ]),
    ...labelled('missing', missing),
    ...labelled('other', misshaped),
    ...labelled('extra', extra),
  ];
}

const HEAD = ['tensors', 'values', 'min', 'max', 'rms', 'non-finite'];
const cells = ({tensors, values, min, max, rms, nonFinite}: Summary) => [
  String(tensors),
  countText(values),
  ...[min, max, rms].map(valueText),
  String(nonFinite),
];

function textReport({source, fit, summaries}: Report, flags: InspectFlags): string {
  const {file, format, tensors, prefix, checkpoint, metadata} = source;
  const dtypes = Object.entries(dtypesOf(source));
  const types = dtypes
    .map(([dtype, count]) => (dtypes.length === 1 ? dtype : `${dtype} ${count}`))
    .join(', ');
  const notes = Object.entries(metadata).map(([key, value]) => `${printable(key)}=${printable(value)}`);
  const modules = firstRows([...summaries.modules]);
  return [
    ...labelled('file', [file]),
    ...labelled('format', [formatText(format)]),
    ...labelled('checkpoint', checkpoint ? [`step ${checkpoint.step}`] : []),
    ...labelled(
      'needs',
      (checkpoint?.predictionPlugins ?? []).map(name => `plugin "${name}"`),
    ),
    ...labelled('metadata', notes.slice(0, 5)),
    ...labelled('prefix', [prefix === '' ? 'none' : prefix]),
    ...labelled('tensors', [
      `${countText(tensors.size)}, ${countText(summaries.all.values)} values, ${types}`,
    ]),
    ...labelled(
      'network',
      fit ? networkText(fit) : ['none of RIFE: no block0, block_tea, contextnet or unet'],
    ),
    ...labelled('note', networkNote(tensors)),
    ...(fit ? fitText(fit) : []),
    '',
    ...table(
      ['module', ...HEAD],
      [
        ...modules.rows.map(([module, summary]) => [printable(module), ...cells(summary)]),
        ['all', ...cells(summaries.all)],
      ],
    ),
    ...modules.more,
    ...(flags.tensors ? ['', ...tensorTable(source, summaries)] : []),
  ].join('\n');
}

function tensorTable({tensors}: WeightsSource, {each}: Report['summaries']): string[] {
  const [, ...head] = HEAD;
  return table(
    ['tensor', 'type', 'shape', ...head],
    [...tensors].map(([name, {dtype, shape}]) => [
      printable(name),
      dtype,
      `[${shape.join(', ')}]`,
      ...cells(each.get(name)!).slice(1),
    ]),
  );
}

function jsonReport({source, fit, summaries}: Report, flags: InspectFlags): string {
  const {file, format, tensors, prefix, checkpoint, metadata} = source;
  const match = fit && {...fit.match, loaded: fit.match.loaded.size};
  const list = [...tensors].map(([name, {dtype, shape}]) => {
    const {tensors: _one, ...summary} = summaries.each.get(name)!;
    return {name, dtype, shape, ...summary};
  });
  return jsonText({
    file,
    format,
    step: checkpoint?.step,
    predictionPlugins: checkpoint?.predictionPlugins,
    metadata,
    prefix,
    dtypes: dtypesOf(source),
    network: fit ? {...fit.options, scalesKnown: fit.isFromCheckpoint} : null,
    match,
    all: summaries.all,
    modules: Object.fromEntries(summaries.modules),
    ...(flags.tensors ? {tensors: list} : {}),
  });
}

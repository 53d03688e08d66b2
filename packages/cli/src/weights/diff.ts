/** `rife-train weights diff`: what differs between two files. */
import {resolve} from 'node:path';
import {byModule, printable, someOf} from '@rife-train/model/weights';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {compareTensors, type Comparison, type Distance} from './compare.js';
import {countText, jsonText, valueText} from './numbers.js';
import {formatText, readSource, type WeightsSource} from './source.js';
import {firstRows, labelled, table} from './table.js';

/** Flags of `weights diff`. */
export interface DiffFlags {
  /** Absolute. @default 0 */
  tolerance?: number;
  keyA?: string;
  keyB?: string;
  json?: true;
}

/** Prints what differs. Returns 0 when nothing does, else 1; throws coded errors. */
export async function runDiff(a: string, b: string, flags: DiffFlags, io: CommandIo): Promise<number> {
  const {tolerance = 0} = flags;
  const sources = [
    await readSource(resolve(io.cwd, a), flags.keyA),
    await readSource(resolve(io.cwd, b), flags.keyB),
  ] as const;
  const comparison = compareTensors(sources[0].tensors, sources[1].tensors, tolerance);
  const text = flags.json
    ? jsonReport(sources, comparison, tolerance)
    : textReport(sources, comparison, tolerance);
  io.stdout.write(`${text}\n`);
  return comparison.equal ? EXIT.ok : EXIT.failed;
}

type Sources = readonly [WeightsSource, WeightsSource];

const sourceText = ({file, format, tensors, prefix}: WeightsSource) =>
  `${file} (${formatText(format)}, ${countText(tensors.size)} tensors${prefix === '' ? '' : `, prefix ${prefix}`})`;

/** `block_tea: 36 tensors` for many, names for few. */
function namesText(names: readonly string[]): string[] {
  const lines = [...byModule(names, name => name)].map(([module, own]) =>
    own.length > 3 ? `${printable(module)}: ${own.length} tensors` : own.map(printable).join(', '),
  );
  const {rows, more} = firstRows(lines);
  return [...rows, ...more];
}

const shapesText = (items: Comparison['otherShape']) =>
  items.length === 0
    ? []
    : [someOf(items.map(({name, a, b}) => `${printable(name)} [${a.join(', ')}] / [${b.join(', ')}]`))];

const typesText = (items: Comparison['otherType']) =>
  items.length === 0 ? [] : [someOf(items.map(({name, a, b}) => `${printable(name)} ${a} / ${b}`))];

const cells = ({tensors, differing, maxAbs, relative}: Distance) => [
  String(tensors),
  String(differing),
  valueText(maxAbs),
  valueText(relative),
];

function verdict({equal, onlyInA, onlyInB, otherShape, differing}: Comparison, tolerance: number): string {
  const within = tolerance === 0 ? '' : ` within ${tolerance}`;
  if (equal) return `Equal${within}.`;
  const parts = [
    [differing.length, `with other values${tolerance === 0 ? '' : ` (by more than ${tolerance})`}`],
    [otherShape.length, 'with another shape'],
    [onlyInA.length, 'only in a'],
    [onlyInB.length, 'only in b'],
  ] as const;
  const groups = parts.filter(([count]) => count > 0).map(([count, what]) => `${countText(count)} ${what}`);
  return `They differ: tensors ${groups.join(', ')}.`;
}

function textReport([a, b]: Sources, comparison: Comparison, tolerance: number): string {
  const modules = firstRows([...comparison.modules]);
  return [
    ...labelled('a', [sourceText(a)]),
    ...labelled('b', [sourceText(b)]),
    ...labelled('only in a', namesText(comparison.onlyInA)),
    ...labelled('only in b', namesText(comparison.onlyInB)),
    ...labelled('shape', shapesText(comparison.otherShape)),
    ...labelled('type', typesText(comparison.otherType)),
    '',
    ...table(
      ['module', 'tensors', 'differing', 'max |a-b|', 'relative'],
      [
        ...modules.rows.map(([module, distance]) => [printable(module), ...cells(distance)]),
        ['all', ...cells(comparison.all)],
      ],
    ),
    ...modules.more,
    '',
    verdict(comparison, tolerance),
  ].join('\n');
}

function jsonReport([a, b]: Sources, comparison: Comparison, tolerance: number): string {
  const facts = ({file, format, prefix, tensors}: WeightsSource) => ({
    file,
    format,
    prefix,
    tensors: tensors.size,
  });
  const {modules, ...rest} = comparison;
  return jsonText({a: facts(a), b: facts(b), tolerance, ...rest, modules: Object.fromEntries(modules)});
}

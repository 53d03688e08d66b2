/**
 * Damages weights files of every format, tens of thousands of them, and asks that each is decoded
 * whole or refused with a code, within bounds of time and memory. Prints what became of them.
 *
 *   npm run fuzz:weights -- [--count 50000] [--seed 1]
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {isMain, runMain, runNode, ScriptError} from './run.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TEST = 'packages/model/src/weights/__tests__/fuzz.test.ts';
const shortCode = code => code.replace(/^RIFE_ERR_(WEIGHTS_)?/, '');

function options(args) {
  const {values} = parseArgs({
    args,
    options: {count: {type: 'string', default: '50000'}, seed: {type: 'string', default: '1'}},
  });
  for (const [name, value] of Object.entries(values))
    if (!/^\d{1,9}$/.test(value)) throw new ScriptError(`--${name} is "${value}"`, 'give a whole number');
  return values;
}

/** Rows of cells of equal width per column: names to the left, numbers to the right. */
function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => String(row[column]).length)));
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]) : String(cell).padStart(widths[i])));
    console.log(cells.join('  '));
  }
}

function printCounts(counts) {
  const outcomes = [...new Set(Object.values(counts).flatMap(row => Object.keys(row)))].sort();
  const sum = row => Object.values(row).reduce((total, n) => total + n, 0);
  const rows = Object.entries(counts).map(([kind, row]) => [
    kind,
    ...outcomes.map(o => row[o] ?? 0),
    sum(row),
  ]);
  const totals = rows[0].slice(1).map((_, i) => rows.reduce((total, row) => total + row[i + 1], 0));
  printTable([['damaged', ...outcomes.map(shortCode), 'all'], ...rows.sort(), ['all', ...totals]]);
}

function fuzz(args) {
  const {count, seed} = options(args);
  const folder = mkdtempSync(join(tmpdir(), 'rife-fuzz-'));
  const report = join(folder, 'report.json');
  try {
    const env = {...process.env, RIFE_FUZZ_COUNT: count, RIFE_FUZZ_SEED: seed, RIFE_FUZZ_REPORT: report};
    const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
    const status = runNode([jest, '--runTestsByPath', TEST], {cwd: ROOT, env});
    if (status !== 0) return status;
    const {counts, slowestMs, peakGrowthBytes} = JSON.parse(readFileSync(report, 'utf8'));
    printCounts(counts);
    console.log(
      `slowest file ${slowestMs.toFixed(0)} ms; peak memory rose by ${(peakGrowthBytes / 2 ** 20).toFixed(0)} MiB`,
    );
    return 0;
  } finally {
    rmSync(folder, {recursive: true});
  }
}

if (isMain(import.meta.url)) await runMain(fuzz);

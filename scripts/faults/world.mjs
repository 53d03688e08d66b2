/**
 * A small run of the real trainer into which faults are injected: the tiny network, captured, in a
 * folder of its own.
 */
import {createHash} from 'node:crypto';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {definePlugin} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {trainTiny} from '@rife-train/testing';
import {beforeOperations} from './operations.mjs';

export const STEPS = 8;
const CONFIG = {steps: STEPS, saveEvery: 2, keep: 3, examine: false, hookTimeout: 10};

let engine;
const engineOnce = async () => (engine ??= await createEngine({}));

/** Numbers in [0,1) from a seed: a 32-bit linear congruential generator. */
export function randomOf(seed) {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  next();
  return {next, below: n => Math.floor(next() * n), pick: list => list[Math.floor(next() * list.length)]};
}

/** A plugin from its taps. */
export const plugin = (name, apply) => definePlugin({name: `fault:${name}`, apply});

/** Every trained variable of a run, as one checksum. */
export function checksumOf(variables) {
  const hash = createHash('sha256');
  for (const [name, values] of [...variables].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (!name.startsWith('grad/'))
      hash.update(name).update(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex');
}

/**
 * Trains in `out`. Never throws.
 * @returns {{error, lines, checksum}} `error` if the run ended with one
 */
export async function train(out, {plugins = [], config = {}, ...more} = {}) {
  const lines = [];
  try {
    const run = await trainTiny({
      engine: await engineOnce(),
      plugins,
      out,
      config: {...CONFIG, ...config},
      ...more,
    });
    return {lines: run.lines, checksum: checksumOf(run.variables), summary: run.summary, steps: run.steps};
  } catch (error) {
    return {lines, error};
  }
}

let whole;
/**
 * The undisturbed run.
 * @returns {Promise<{checksum: string, operations: number, operationsUntil: number[]}>} with the
 *   number of file operations of its checkpoints: in total, and before each step
 */
export async function undisturbed() {
  if (whole) return whole;
  const out = folder();
  let operations = 0;
  const operationsUntil = [];
  const restore = beforeOperations(() => (operations += 1));
  const count = plugin('count', ({hooks}) =>
    hooks.beforeStep.tap('x', () => void operationsUntil.push(operations)),
  );
  const {checksum, error} = await train(out, {plugins: [count]});
  restore();
  rmSync(out, {recursive: true, force: true});
  if (error) throw error;
  return (whole = {checksum, operations, operationsUntil});
}

export const folder = () => mkdtempSync(join(tmpdir(), 'rife-faults-'));

/** Checkpoints that can't be read: state.json, or a file with a wrong checksum. */
export function unreadable(out) {
  const root = join(out, 'checkpoints');
  if (!existsSync(root)) return [];
  const problems = [];
  for (const name of readdirSync(root).filter(entry => entry.startsWith('step-'))) {
    try {
      const {files} = JSON.parse(readFileSync(join(root, name, 'state.json'), 'utf8'));
      for (const [file, seal] of Object.entries(files)) {
        const sha256 = createHash('sha256')
          .update(readFileSync(join(root, name, file)))
          .digest('hex');
        if (sha256 !== seal.sha256) problems.push(`${name}/${file}: another checksum`);
      }
    } catch (error) {
      problems.push(`${name}: ${error.message}`);
    }
  }
  return problems;
}

/** Everything that a run reported: its log, its error, its metrics. */
export function outputOf(out, {lines = [], error}) {
  const metrics = join(out, 'metrics.jsonl');
  return [
    ...lines,
    error ? `${error.code} ${error.message}` : '',
    existsSync(metrics) ? readFileSync(metrics, 'utf8') : '',
  ].join('\n');
}

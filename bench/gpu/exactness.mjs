/**
 * Twenty training steps at two shapes against recorded runs of PyTorch in float32 and float64
 * (test/reference/fixtures); then the same again: are the bits the same?
 */
import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {markdownTable} from '../lib/page.mjs';
import {orError, runText} from '../lib/process.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));
const SHAPES = ['1x64x64', '2x96x64'];
/** Names of our loss terms, and of the fixtures'. */
const TERMS = {reconstruction: 'loss_l1', teacher: 'loss_tea', distill: 'loss_distill', total: 'total'};
/** Those of bench/twin/exact.py, for float32. */
export const LIMITS = {terms: 1e-5, firstLosses: 1e-5, losses: 1e-3};

/** Settings that are compared; all but TF32 compute in float32. */
const VARIANTS = {
  fp32: {tf32: false},
  'fp32-deterministic': {tf32: false, deterministic: true},
  'fp32-nchw': {tf32: false, layout: 'nchw'},
  tf32: {},
};

const relative = (got, expected) => Math.abs(got - expected) / Math.max(Math.abs(expected), 1e-30);

/**
 * Largest relative errors: of the loss terms of step 0 against the nearer of float32 and float64;
 * of the total loss against float32, in steps 0 to 3 and in all.
 * @param steps our loss terms, step by step
 * @param runs `runs` of a fixture
 */
export function errorsOf(steps, {f32, f64}) {
  const termErrors = run =>
    Math.max(...Object.entries(TERMS).map(([ours, theirs]) => relative(steps[0][ours], run[0][theirs])));
  const losses = steps.map(({total}, i) => relative(total, f32[i].total));
  return {
    terms: Math.min(termErrors(f32), termErrors(f64)),
    firstLosses: Math.max(...losses.slice(0, 4)),
    losses: Math.max(...losses),
  };
}

/** One run: its steps, and the hash of its last parameters. */
async function train({arch, n, h, w, timestep, lr}, gpu, timeoutMs) {
  const out = mkdtempSync(join(tmpdir(), 'rife-gpu-exact-'));
  try {
    await runText(
      process.execPath,
      [
        path('../exact/ours.mjs'),
        ...['--case', JSON.stringify({arch, n, h, w, timestep}), '--lr', String(lr)],
        ...['--gpu', JSON.stringify(gpu), '--snapshots', '20', '--out', out],
      ],
      {},
      timeoutMs,
    );
    const steps = JSON.parse(readFileSync(join(out, 'steps.json'), 'utf8'));
    const hash = createHash('sha256').update(readFileSync(join(out, 'after-20.safetensors')));
    return {steps, parameters: hash.digest('hex')};
  } finally {
    rmSync(out, {recursive: true, force: true});
  }
}

/** A variant at a shape, run twice. */
async function measure(shape, variant, remainingMs) {
  const recorded = JSON.parse(
    readFileSync(path(`../../test/reference/fixtures/train_${shape}.json`), 'utf8'),
  );
  const [first, second] = [
    await train(recorded, VARIANTS[variant], remainingMs()),
    await train(recorded, VARIANTS[variant], remainingMs()),
  ];
  const errors = errorsOf(first.steps, recorded.runs);
  const isWithin = Object.entries(LIMITS).every(([name, limit]) => errors[name] <= limit);
  return {
    errors,
    sameBits: first.parameters === second.parameters,
    // TF32 rounds to 10 bits: its errors are shown, and not judged.
    ...(variant !== 'tf32' && {isWithin}),
  };
}

/** All of them; a variant that fails is recorded with its error. */
export async function exactness({remainingMs}) {
  const rows = [];
  for (const shape of SHAPES)
    for (const variant of Object.keys(VARIANTS))
      rows.push({shape, variant, ...(await orError(() => measure(shape, variant, remainingMs)))});
  return rows;
}

const digits = value => value.toExponential(1);

/** Markdown. */
export function exactnessTable(rows) {
  const head = ['shape', 'variant', 'loss terms', 'first losses', 'losses', 'within', 'same bits twice'];
  const cells = ({shape, variant, error, errors, isWithin, sameBits}) =>
    error
      ? [shape, variant, 'failed', '', '', '', '']
      : [
          ...[shape, variant, digits(errors.terms), digits(errors.firstLosses), digits(errors.losses)],
          ...[isWithin === undefined ? '' : String(isWithin), String(sameBits)],
        ];
  return markdownTable(head, rows.map(cells), 2);
}

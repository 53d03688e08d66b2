/** Tolerances of the tests in one place; docs/exactness.md has the measurement for each. */
import {appendFileSync} from 'node:fs';
import {sampledIndices} from './fixtureInputs.js';

const BOUNDS = {
  'forward: flows, px': 1e-5,
  'forward: images': 5e-6,
  'forward: masks': 1e-6,
  inference: 2e-5,
  'step: loss terms': 1e-6,
  'step: gradient norms': 2e-5,
  'step: gradient entries': 1e-4,
  'step: gradients that cancel': 1e-7,
  'step: norm of all gradients': 1e-6,
  'training: first four losses': 1e-5,
  'training: twenty losses': 1e-3,
  'training: parameters': 1e-3,
  'training: update error': 3e-2,
  'batch norm: loss terms': 1e-6,
  'batch norm: gradient norms': 2e-4,
  'batch norm: gradient entries': 5e-4,
  'batch norm: gradients that cancel': 1e-7,
  'batch norm: running statistics': 1e-6,
  'batch norm: prediction': 1e-5,
  'multiscale: loss terms': 1e-6,
  'multiscale: images': 5e-6,
  'multiscale: flows, px': 1e-5,
  'multiscale: gradient norms': 1e-4,
  'multiscale: gradient entries': 1e-4,
  'multiscale: gradients that cancel': 5e-7,
  'RIFE 4.x: flows, px, and masks': 2e-5,
  'RIFE 4.x: images': 5e-6,
  'RIFE 4.x: loss terms': 1e-6,
  'RIFE 4.x: gradient norms': 2e-5,
  'RIFE 4.x: gradient entries': 4e-5,
  'RIFE 4.x: gradients that cancel': 1e-7,
  'RIFE 4.x training: first four losses': 2e-6,
  'RIFE 4.x training: twenty losses': 2e-4,
  'RIFE 4.x training: parameters': 2e-4,
  'RIFE 4.x training: update error': 1e-2,
  'VGG-19: loss terms': 1e-5,
  'VGG-19: gradients': 1e-5,
  'LPIPS: layers': 2e-5,
  'LPIPS: distances': 5e-6,
  'ops: values and gradients': 2e-6,
  'ops: PReLU': 1e-6,
  'ops: clamp': 0.5e-7,
  'ops: warp': 5e-6,
  'ops: warp, gradient to the flow': 1e-5,
  'ops: Laplacian and distillation loss': 5e-7,
  'ops: gradient of the Laplacian loss': 1e-6,
  AdamW: 1e-6,
} as const;

/** A quantity that a test compares with PyTorch's numbers. */
export type BoundedQuantity = keyof typeof BOUNDS;

/** Names a file to which the largest error of each quantity is written, one JSON object a line. */
const RECORD = 'RIFE_TRAIN_ERRORS';
const largest = new Map<BoundedQuantity, number>();

/** Problems with an error: none, or one line. NaN is a problem. */
export function outside(quantity: BoundedQuantity, error: number, where = ''): string[] {
  const bound = BOUNDS[quantity];
  const file = process.env[RECORD];
  if (file && !(error <= (largest.get(quantity) ?? -1))) {
    largest.set(quantity, error);
    appendFileSync(file, `${JSON.stringify({quantity, error, bound, where})}\n`);
  }
  return error <= bound ? [] : [`${quantity} ${where}: off by ${error}, bound ${bound}`];
}

/** A parameter's gradient in a fixture, in float64. */
export interface RecordedGradient {
  norm: number;
  /** Largest absolute value. */
  max: number;
  /** At `sampledIndices`. */
  val?: number[];
}

/** Root of the sum of squares. */
export const normOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
};

/**
 * How much elements at a threshold may change what a test judges: loss terms, `<parameter> norm`,
 * `<parameter> entries`. Found in float64 by bench/twin/thresholds.py; their share is subtracted
 * before judging.
 */
export type Standing = Readonly<Record<string, number>>;

const TERMS = {
  reconstruction: 'loss_l1',
  teacher: 'loss_tea',
  distill: 'loss_distill',
  total: 'total',
} as const;

/**
 * Problems with the loss terms of a step; `recorded` has them in float64, under the reference's
 * names.
 */
export function lossesOutside(
  kind: 'step' | 'batch norm' | 'multiscale',
  got: Readonly<Record<string, number>>,
  recorded: Readonly<Record<(typeof TERMS)[keyof typeof TERMS], number>>,
  standing: Standing = {},
): string[] {
  return Object.entries(TERMS).flatMap(([term, name]) => {
    const error = Math.abs((got[term] ?? NaN) / recorded[name] - 1);
    return outside(`${kind}: loss terms`, Math.max(0, error - (standing[name] ?? 0)), term);
  });
}

/** Options of {@link gradientsOutside}. */
export interface GradientsOutside {
  standing?: Standing;
  /**
   * Tensors whose gradients are sums over all pixels that nearly cancel. @default the U-net's last
   * bias
   */
  cancels?: (name: string) => boolean;
}

/**
 * Problems with the gradients of a step, in file layout. Each norm is compared relative to the
 * tensor's own, entries relative to its largest. Those that cancel, and those that are 0, are
 * compared relative to the norm of the whole gradient.
 */
export function gradientsOutside(
  kind: 'step' | 'batch norm' | 'multiscale' | 'RIFE 4.x',
  got: ReadonlyMap<string, Float32Array>,
  recorded: Readonly<Record<string, RecordedGradient>>,
  {standing = {}, cancels = name => name === 'unet.conv.bias'}: GradientsOutside = {},
): string[] {
  const whole = normOf(Object.values(recorded).map(({norm}) => norm));
  const found = Object.entries(recorded).flatMap(([name, {norm, max, val = []}]) => {
    const values = got.get(name);
    if (!values) return [`${name}: no gradient`];
    const small = cancels(name) || norm === 0;
    const [size, largest] = small ? [whole, whole] : [norm, max];
    const at = sampledIndices(name, values.length);
    const entry = Math.max(0, ...val.map((exact, j) => Math.abs(values[at[j]!]! - exact)));
    const errors = {norm: Math.abs(normOf(values) - norm) / size, entries: entry / largest};
    return (['norm', 'entries'] as const).flatMap(what =>
      outside(
        small ? `${kind}: gradients that cancel` : `${kind}: gradient ${what === 'norm' ? 'norms' : what}`,
        Math.max(0, errors[what] - (standing[`${name} ${what}`] ?? 0)),
        `${name} ${what}`,
      ),
    );
  });
  return got.size === Object.keys(recorded).length ? found : [...found, `${got.size} gradients`];
}

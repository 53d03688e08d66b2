/** What taps of traced hooks may return. No tensor is read: shapes and identities are enough. */
import * as tf from '@tensorflow/tfjs-core';
import type {LossState, NamedTensors, Trace} from '../contract/index.js';

/** What came instead of what. */
export interface ReturnProblem {
  returned: string;
  expected: string;
}

/**
 * Tensors that the tap got from its `trace`, by id; an eager program makes them before the capture
 * begins.
 */
interface HandedOut {
  handedOut: ReadonlySet<number>;
}

const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((n, i) => n === b[i]);
const shapeText = (shape: readonly number[]) => `[${shape.join(',')}]`;
const ofType = (dtype: string) => `${dtype === 'int32' ? 'an' : 'a'} ${dtype} tensor`;

/**
 * How a value differs from a tensor of float32, in words; undefined if it is one. The optimizer and
 * the loss would cast other types in silence.
 */
function kindProblem(value: unknown): string | undefined {
  if (!(value instanceof tf.Tensor))
    return value === null || value === undefined ? String(value) : `a ${typeof value}`;
  return value.dtype === 'float32' ? undefined : ofType(value.dtype);
}

/**
 * Plain copies of objects, and of objects in them: what is checked is then what is used, also where
 * a getter, a Proxy or a prototype would answer anew.
 */
export function plainCopy(value: unknown, depth = 2): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return value;
  if (value instanceof tf.Tensor || Array.isArray(value) || 'then' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainCopy(inner, depth - 1)]));
}

/** Tensors of a value, with a word for each. */
function* tensorsOf(value: unknown, word = 'a tensor'): Generator<[string, tf.Tensor]> {
  if (value instanceof tf.Tensor) yield [word, value];
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* tensorsOf(inner, `tensor "${key}"`);
}

/** A tensor of another copy of tfjs: it has a tensor's fields, and is none of ours. */
function* foreignTensors(value: unknown, word = 'a tensor'): Generator<string> {
  if (typeof value !== 'object' || value === null || value instanceof tf.Tensor) return;
  if ('dataId' in value && 'shape' in value) yield word;
  else for (const [key, inner] of Object.entries(value)) yield* foreignTensors(inner, `tensor "${key}"`);
}

function foreignProblem(returned: unknown): ReturnProblem | undefined {
  const {value: word} = foreignTensors(returned).next() as {value?: string};
  return word === undefined
    ? undefined
    : {
        returned: `${word} of another copy of @tensorflow/tfjs-core`,
        expected:
          'tensors of the copy that the trainer uses: see `npm ls @tensorflow/tfjs-core`, make it a peer dependency of the plugin',
      };
}

/**
 * A tensor that is disposed, or was made before this capture began and not given to the tap, would
 * be baked in or crash.
 */
function staleProblem(returned: unknown, given: unknown, trace: HandedOut, firstTensorId: number) {
  const allowed = new Set([...tensorsOf(given)].map(([, tensor]) => tensor.id));
  for (const [word, tensor] of tensorsOf(returned)) {
    if (tensor.isDisposed) return {returned: `${word} that is disposed`, expected: 'tensors that are alive'};
    if (tensor.id < firstTensorId && !allowed.has(tensor.id) && !trace.handedOut.has(tensor.id))
      return {
        returned: `${word} that was made outside this capture`,
        expected: 'tensors made inside the tap from its arguments; create constants inside the tap too',
      };
  }
  return undefined;
}

function flowProblem(returned: unknown, given: tf.Tensor): ReturnProblem | undefined {
  const expected = `a flow of shape ${shapeText(given.shape)}, of float32`;
  const kind = kindProblem(returned);
  if (kind !== undefined) return {returned: kind, expected};
  const {shape} = returned as tf.Tensor;
  return sameShape(shape, given.shape) ? undefined : {returned: `a tensor ${shapeText(shape)}`, expected};
}

const isWeight = (weight: unknown, batch: number) =>
  typeof weight === 'number'
    ? Number.isFinite(Math.fround(weight))
    : weight instanceof tf.Tensor &&
      weight.dtype === 'float32' &&
      (weight.rank === 0 || sameShape(weight.shape, [batch]));

/** Is every term [B] of float32, and has it a weight? Returns the first problem by term name. */
export function lossProblem(loss: LossState, batch: number): {term: string; problem: string} | undefined {
  for (const [term, value] of Object.entries(loss.terms)) {
    if (!(value instanceof tf.Tensor)) return {term, problem: 'is not a tensor'};
    if (value.dtype !== 'float32') return {term, problem: `is ${ofType(value.dtype)}`};
    if (!sameShape(value.shape, [batch]))
      return {term, problem: `has shape ${shapeText(value.shape)}, not [${batch}]`};
    if (!Object.hasOwn(loss.weights, term)) return {term, problem: 'has no weight'};
    if (!isWeight(loss.weights[term], batch))
      return {term, problem: 'has a weight that is no finite number, scalar or [B] of float32'};
  }
  if (Object.keys(loss.terms).length === 0)
    return {term: '*', problem: 'is missing: there is no term at all'};
  return undefined;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function lossReturnProblem(returned: unknown, batch: number): ReturnProblem | undefined {
  const {terms, weights} = returned as Partial<LossState>;
  if (!isObject(terms) || !isObject(weights))
    return {returned: 'an object without terms and weights', expected: '{terms, weights}'};
  const found = lossProblem({terms, weights}, batch);
  return (
    found && {
      returned: `loss term "${found.term}", which ${found.problem},`,
      expected:
        'terms of one value per sample [B], each with a weight (a number, a scalar or [B]), all of float32',
    }
  );
}

function namedProblem(returned: NamedTensors, given: NamedTensors, word: string): ReturnProblem | undefined {
  const expected = `a ${word} of the same shape, of float32, for every parameter, and no others`;
  for (const [name, {shape}] of Object.entries(given)) {
    const got = returned[name];
    if (got === undefined) return {returned: `no ${word} for "${name}"`, expected};
    const kind = kindProblem(got);
    if (kind !== undefined) return {returned: `${kind} as the ${word} for "${name}"`, expected};
    if (!sameShape(got.shape, shape))
      return {
        returned: `a ${word} of shape ${shapeText(got.shape)} for "${name}" ${shapeText(shape)}`,
        expected,
      };
  }
  const extra = Object.keys(returned).find(name => !Object.hasOwn(given, name));
  return extra === undefined
    ? undefined
    : {returned: `a ${word} for "${extra}", which is no parameter,`, expected};
}

/** One of the tensors by parameter, of the hooks that have them. */
const WORDS: Partial<Record<string, string>> = {
  gradients: 'gradient',
  parameters: 'parameter',
  averages: 'moving average',
};

/**
 * The problem with what a traced tap returned (a {@link plainCopy} of it), if there is one: each
 * tensor must be alive, of float32, of its shape, and of this capture. `args` are the tap's
 * arguments.
 */
export function tracedProblem(hook: string, returned: unknown, args: unknown[], firstTensorId: number) {
  const [given] = args;
  const structural = () => {
    if (hook === 'flow') return flowProblem(returned, given as tf.Tensor);
    const word = WORDS[hook];
    if (word) return namedProblem(returned as NamedTensors, given as NamedTensors, word);
    return lossReturnProblem(returned, (args[1] as Trace).gap.shape[0] ?? 0);
  };
  return (
    foreignProblem(returned) ??
    structural() ??
    staleProblem(returned, given, args.at(-1) as HandedOut, firstTensorId)
  );
}

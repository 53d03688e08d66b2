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
  const expected = `a flow of shape ${shapeText(given.shape)}`;
  if (!(returned instanceof tf.Tensor)) return {returned: `a ${typeof returned}`, expected};
  if (!sameShape(returned.shape, given.shape))
    return {returned: `a tensor ${shapeText(returned.shape)}`, expected};
  return undefined;
}

const isWeight = (weight: unknown, batch: number) =>
  typeof weight === 'number'
    ? Number.isFinite(weight)
    : weight instanceof tf.Tensor && (weight.rank === 0 || sameShape(weight.shape, [batch]));

/** Is every term [B] and has it a weight? Returns the first problem by term name. */
export function lossProblem(loss: LossState, batch: number): {term: string; problem: string} | undefined {
  for (const [term, value] of Object.entries(loss.terms)) {
    if (!(value instanceof tf.Tensor)) return {term, problem: 'is not a tensor'};
    if (!sameShape(value.shape, [batch]))
      return {term, problem: `has shape ${shapeText(value.shape)}, not [${batch}]`};
    if (!Object.hasOwn(loss.weights, term)) return {term, problem: 'has no weight'};
    if (!isWeight(loss.weights[term], batch))
      return {term, problem: 'has a weight that is no finite number, scalar or [B]'};
  }
  if (Object.keys(loss.terms).length === 0)
    return {term: '*', problem: 'is missing: there is no term at all'};
  return undefined;
}

function lossReturnProblem(returned: unknown, batch: number): ReturnProblem | undefined {
  const {terms, weights} = returned as Partial<LossState>;
  if (typeof terms !== 'object' || typeof weights !== 'object')
    return {returned: 'an object without terms and weights', expected: '{terms, weights}'};
  const found = lossProblem({terms, weights}, batch);
  return (
    found && {
      returned: `loss term "${found.term}", which ${found.problem},`,
      expected: 'terms of one value per sample [B], each with a weight (a number, a scalar or [B])',
    }
  );
}

function namedProblem(returned: NamedTensors, given: NamedTensors, word: string): ReturnProblem | undefined {
  const expected = `a ${word} of the same shape for every parameter, and no others`;
  for (const [name, gradient] of Object.entries(given)) {
    const got: unknown = returned[name];
    if (!(got instanceof tf.Tensor)) return {returned: `no ${word} for "${name}"`, expected};
    if (!sameShape(got.shape, gradient.shape))
      return {
        returned: `a ${word} of shape ${shapeText(got.shape)} for "${name}" ${shapeText(gradient.shape)}`,
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

/** The problem with what a traced tap returned, if there is one. `args` are the tap's arguments. */
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

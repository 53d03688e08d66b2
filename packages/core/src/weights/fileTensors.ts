/** Tensors of the file that `init` names, on their way through the `weights` hook. */
import type {AdaptWeights, FileTensor, FileTensors, Model, TrainerHooks} from '../contract/index.js';

/**
 * The `weights` hook as readers of files call it; undefined where nobody listens, so that they need
 * not unpack anything.
 * @param model that the weights are for
 */
export function adapterOf({weights}: TrainerHooks, model: Model): AdaptWeights | undefined {
  if (!weights.isUsed()) return undefined;
  return (tensors, file) => weights.call(tensors, {file, model});
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** What is wrong with what a tap of `weights` returned, if anything. */
export function fileTensorsProblem(returned: FileTensors) {
  if (!(returned instanceof Map)) return {returned: 'no Map', expected: 'a Map of tensors by name'};
  for (const [name, tensor] of returned) {
    const {shape, values} = (tensor ?? {}) as Partial<FileTensor>;
    if (Array.isArray(shape) && values instanceof Float32Array && values.length === sizeOf(shape)) continue;
    const expected = 'for each name {shape, values} with a Float32Array as long as the shape says';
    return {returned: `"${name}" of shape ${JSON.stringify(shape)} with ${values?.length} values`, expected};
  }
  return undefined;
}

import type {NodeBackend, TfBinding} from '../runtime/nodeBackend.js';

const answers = new WeakMap<TfBinding, boolean>();

/**
 * Has the binding the kernels of native/rifeOps.cc? Tried out, because a stock binding of tfjs-node has not, and
 * TensorFlow cannot be asked. They run on a CPU: on a GPU every use would carry its tensors to and fro.
 */
export function hasOwnKernels({binding, isUsingGpuDevice}: NodeBackend): boolean {
  if (isUsingGpuDevice || process.env['RIFE_TRAIN_OWN_KERNELS'] === '0') return false;
  const known = answers.get(binding);
  if (known !== undefined) return known;
  const answer = tryOne(binding);
  answers.set(binding, answer);
  return answer;
}

function tryOne(binding: TfBinding): boolean {
  const inputs = [[1, 1, 1, 1], [1]].map(shape =>
    binding.createTensor(shape, binding.TF_FLOAT, Float32Array.of(-1)),
  );
  try {
    const [result] = binding.executeOp('RifePrelu', [], inputs, 1);
    const [value] = binding.tensorDataSync(result!.id);
    binding.deleteTensor(result!.id);
    return value === 1;
  } catch {
    return false;
  } finally {
    inputs.forEach(id => binding.deleteTensor(id));
  }
}

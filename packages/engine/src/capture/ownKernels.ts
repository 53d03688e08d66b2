import type {NodeBackend, TfBinding} from '../runtime/nodeBackend.js';

/**
 * Tests each binding once by running an op: a stock binding of tfjs-node lacks our ops, and
 * TensorFlow cannot list them.
 */
function triedOnce(attempt: (binding: TfBinding) => boolean): (binding: TfBinding) => boolean {
  const answers = new WeakMap<TfBinding, boolean>();
  return binding => {
    const answer = answers.get(binding) ?? attempt(binding);
    answers.set(binding, answer);
    return answer;
  };
}

const isSwitchedOff = () => process.env['RIFE_TRAIN_OWN_KERNELS'] === '0';

/**
 * True if the binding has the kernels of native/rifeOps.cc. They run on a CPU; on a GPU every use
 * would copy its tensors to the host and back.
 */
export const hasOwnKernels = ({binding, isUsingGpuDevice}: NodeBackend): boolean =>
  !isUsingGpuDevice && !isSwitchedOff() && computesPrelu(binding);

/**
 * True if the binding has the ops of native/sharedFiles.cc. They run with a GPU too: what a session
 * returns is in the host's memory.
 */
export const hasFileOps = (binding: TfBinding): boolean => !isSwitchedOff() && forgetsFiles(binding);

const forgetsFiles = triedOnce(binding => {
  try {
    binding.executeOp('RifeForgetFile', [{name: 'file', type: binding.TF_ATTR_INT, value: -1}], [], 0);
    return true;
  } catch {
    return false;
  }
});

const computesPrelu = triedOnce(binding => {
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
});

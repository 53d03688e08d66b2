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
 * True if the binding has the kernels of native/rifeOps.cc, conv3x3.cc and optimizer.cc. They run
 * on a CPU; on a GPU every use would copy its tensors to the host and back.
 */
export const hasOwnKernels = ({binding, isUsingGpuDevice}: NodeBackend): boolean =>
  !isUsingGpuDevice && !isSwitchedOff() && addsSquares(binding);

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

// Bindings of earlier versions lack this one.
const addsSquares = triedOnce(binding => {
  const input = binding.createTensor([2], binding.TF_FLOAT, Float32Array.of(1, 2));
  try {
    const [result] = binding.executeOp('RifeSumOfSquares', [], [input], 1);
    binding.deleteTensor(result!.id);
    return true;
  } catch {
    return false;
  } finally {
    binding.deleteTensor(input);
  }
});

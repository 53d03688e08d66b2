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
 * True if the binding has the kernels of native/, but perhaps not those of convolutions. They run
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

/** Tries an op on tensors of ones. */
const runs = (op: string, shapes: readonly number[][]) =>
  triedOnce(binding => {
    const ones = (shape: number[]) => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
    const inputs = shapes.map(shape => binding.createTensor(shape, binding.TF_FLOAT, ones(shape)));
    try {
      const [result] = binding.executeOp(op, [], inputs, 1);
      binding.deleteTensor(result!.id);
      return true;
    } catch {
      return false;
    } finally {
      inputs.forEach(id => binding.deleteTensor(id));
    }
  });

// Bindings of earlier versions lack this one.
const addsSquares = runs('RifeSumOfSquares', [[2]]);

/**
 * True if the binding has the convolutions of native/conv3x3.cc. It lacks them on processors
 * without AVX2, and where it was not compiled by g++: TensorFlow's are faster there.
 */
export const hasOwnConvs = runs('RifeConv3x3', [[1, 2, 2, 1], [3, 3, 1, 1], [1]]);

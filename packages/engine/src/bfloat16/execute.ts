/** One op in bfloat16, executed at once. */
import type * as tf from '@tensorflow/tfjs-core';
import {DT} from '../capture/graphDef.js';
import type {NodeBackend, OpAttr} from '../runtime/nodeBackend.js';
import type {Bfloat16Way} from './kernels.js';

/** Attribute `T` of an op that computes in one of two ways. */
export const typeOf = (way: Bfloat16Way): number => (way === 'kernels' ? DT.bfloat16 : DT.float32);

/**
 * Executes an op with one output on inputs that are rounded to bfloat16; the output is rounded too,
 * and is a float32 tensor again. tfjs has no type for what is in between, so the binding is called.
 * @param attrs without `T`
 */
export function executeInBfloat16(
  backend: NodeBackend,
  way: Bfloat16Way,
  op: string,
  attrs: OpAttr[],
  inputs: tf.TensorInfo[],
): tf.Tensor {
  const {binding} = backend;
  const own: number[] = [];
  const run = (name: string, opAttrs: OpAttr[], ids: number[]) => {
    const [made] = binding.executeOp(name, opAttrs, ids, 1);
    own.push(made!.id);
    return made!;
  };
  const type = (name: string, value: number): OpAttr => ({name, type: binding.TF_ATTR_TYPE, value});
  const cast = (id: number, from: number, to: number) =>
    run('Cast', [type('SrcT', from), type('DstT', to)], [id]);
  const toBfloat16 = (id: number) => cast(id, DT.float32, DT.bfloat16);
  const toFloat32 = (id: number) => cast(id, DT.bfloat16, DT.float32);
  const operand = (id: number) => {
    const {id: rounded} = toBfloat16(id);
    return way === 'kernels' ? rounded : toFloat32(rounded).id;
  };
  try {
    const ids = backend
      .getInputTensorIds(inputs)
      .map((id, i) => (inputs[i]!.dtype === 'float32' ? operand(id) : id));
    const {id} = run(op, [...attrs, type('T', typeOf(way))], ids);
    const result = toFloat32(way === 'kernels' ? id : toBfloat16(id).id);
    own.pop();
    return backend.createOutputTensor(result);
  } finally {
    own.forEach(id => binding.deleteTensor(id));
  }
}

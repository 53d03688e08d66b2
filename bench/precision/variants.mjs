/**
 * `fp32 other` is float32 as well, by TensorFlow's own kernels: it adds in another order, so it
 * shows how far two runs of the same precision stray from each other.
 */
export const VARIANTS = {
  fp32: {engine: {}},
  'fp32 other': {engine: {plainOps: true}},
  bf16: {engine: {precision: 'bf16'}},
};

/** Mutations of plugins that change losses or gradients. */
import {oneEditIn} from './mutation.mjs';
import {clipping, distillPlugin} from './tests.mjs';

const mutation = oneEditIn('packages');

export const PLUGIN_MUTATIONS = [
  mutation(
    'clip/nan',
    'plugin-gradclip/src/globalNorm',
    'an infinite norm silences all gradients',
    'tf.logicalAnd<tf.Scalar>(tf.isFinite(norm), tf.greater(norm, bound))',
    'tf.logicalAnd<tf.Scalar>(tf.isFinite(tf.zerosLike(norm)), tf.greater(norm, bound))',
    clipping(),
  ),
  mutation(
    'clip/below',
    'plugin-gradclip/src/globalNorm',
    'gradients below the bound are scaled up to it',
    'tf.greater(norm, bound))',
    'tf.greater(norm, 0))',
    clipping(),
  ),
  mutation(
    'distill-plugin/cosine',
    'plugin-distill/src/schedule',
    'the cosine runs backwards',
    '(1 - Math.cos(Math.PI * passed)) / 2',
    '(1 + Math.cos(Math.PI * passed)) / 2',
    distillPlugin(),
  ),
  mutation(
    'distill-plugin/clamp',
    'plugin-distill/src/schedule',
    'the weight continues after its end',
    'Math.min(1, Math.max(0, (fraction - start) / (end - start)))',
    'Math.max(0, (fraction - start) / (end - start))',
    distillPlugin(),
  ),
];

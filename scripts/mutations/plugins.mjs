/** Mutations of plugins that change losses or gradients. */
import {mutationsIn} from './mutation.mjs';
import {clipping, distillPlugin} from './tests.mjs';

const edited = mutationsIn('packages');
const mutation = (id, file, what, find, replace, tests) => edited(id, file, what, [find, replace], tests);

export const PLUGIN_MUTATIONS = [
  mutation(
    'clip/nan',
    'plugin-gradclip/src/index',
    'clipping spreads a NaN norm over all gradients',
    'tf.where(tf.isFinite(norm), bounded, tf.onesLike(norm))',
    'tf.where(tf.isFinite(tf.zerosLike(norm)), bounded, tf.onesLike(norm))',
    clipping(),
  ),
  mutation(
    'clip/below',
    'plugin-gradclip/src/index',
    'gradients below the bound are scaled up to it',
    'tf.div(maxNorm, tf.maximum(norm, maxNorm))',
    'tf.div(maxNorm, tf.maximum(norm, 1e-30))',
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
    'the weight goes on behind its end',
    'Math.min(1, Math.max(0, (fraction - start) / (end - start)))',
    'Math.max(0, (fraction - start) / (end - start))',
    distillPlugin(),
  ),
];

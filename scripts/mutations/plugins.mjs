/** Mutations of plugins that change losses, gradients or averages of the weights. */
import {oneEditIn} from './mutation.mjs';
import {averages, clipping, distillPlugin, emaPlugin, gainLimitPlugin, rife4Plugins} from './tests.mjs';

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
  mutation(
    'gainlimit/residual',
    'plugin-gainlimit/src/options',
    'the residual convolutions of RIFE 4.x are not limited',
    '(0|conv)',
    '(0)',
    rife4Plugins('gainlimit finds'),
  ),
  mutation(
    'gainlimit/none',
    'plugin-gainlimit/src/index',
    'a pattern that matches nothing is accepted',
    'if (selected.length > 0)',
    'if (selected.length >= 0)',
    gainLimitPlugin('matches no convolution'),
  ),
  mutation(
    'ema/gain',
    'plugin-ema/src/index',
    'an update keeps of the average what it should take of the weights',
    '=> 1 - decayAt(step, options)',
    '=> decayAt(step, options)',
    emaPlugin('the tap asks for the gain'),
  ),
  mutation(
    'average/predicted',
    'core/src/weights/averages',
    'predictions and checkpoints have the trained copy',
    '[name, averageOf(name)] as const',
    '[name, name] as const',
    averages('predicts with the averages'),
  ),
  mutation(
    'average/start',
    'core/src/checkpoint/snapshot',
    'averages start from zero',
    'values.set(averageOf(name), values.get(name)!)',
    'values.set(averageOf(name), values.get(name)!.map(() => 0))',
    averages('both copies equal'),
  ),
  mutation(
    'average/old-parameters',
    'core/src/traced/update',
    'averages get the parameters of before the taps of the hook `parameters`',
    'updateAverages(graph, next, trace, context)',
    'updateAverages(graph, moved, trace, context)',
    averages('averages what the taps of parameters made'),
  ),
];

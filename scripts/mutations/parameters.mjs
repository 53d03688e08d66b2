/** Mutations of initialisation, weight layout and batch norm. */
import {oneEditIn} from './mutation.mjs';
import {batchNorm, parameters} from './tests.mjs';

const mutation = oneEditIn('packages/model/src');

export const PARAMETER_MUTATIONS = [
  mutation(
    'initial/fan',
    'initialize',
    'the fan of transposed convolutions is in * 16',
    'fileShape.slice(1).reduce',
    '(fileShape[2] === 4 ? [fileShape[0]!, 4, 4] : fileShape.slice(1)).reduce',
    parameters('is uniform within'),
  ),
  mutation(
    'initial/bound',
    'initialize',
    'the bound of a Xavier-like initialisation',
    '1 / Math.sqrt(fanOf',
    'Math.sqrt(3) / Math.sqrt(fanOf',
    parameters('is uniform within'),
  ),
  mutation(
    'initial/one-sided',
    'initialize',
    'weights from 0 up',
    '(2 * random() - 1) * bound',
    'random() * bound',
    parameters('is uniform within'),
  ),
  mutation(
    'initial/slopes',
    'specs',
    'PReLU slopes of 0.2',
    'vector(`${name}.1.weight`, out, 0.25)',
    'vector(`${name}.1.weight`, out, 0.2)',
    parameters('slopes are 0.25'),
  ),
  mutation(
    'layout/axes',
    'layout',
    'channels in and out of a kernel change places',
    '(tap * b! + place) * a! + i',
    '(tap * a! + i) * b! + place',
    parameters('layouts'),
  ),
  mutation(
    'norm/biased',
    'batchNorm',
    'the running variance is the biased one',
    'tf.scalar(count / Math.max(1, count - 1))',
    'tf.scalar(count / count)',
    batchNorm('training'),
  ),
  mutation(
    'norm/momentum',
    'batchNorm',
    'a momentum of 0.01',
    'const MOMENTUM = 0.1;',
    'const MOMENTUM = 0.01;',
    batchNorm('training'),
  ),
  mutation(
    'norm/epsilon',
    'batchNorm',
    'an epsilon of 1e-3',
    'const EPSILON = 1e-5;',
    'const EPSILON = 1e-3;',
    batchNorm('prediction'),
  ),
  mutation(
    'norm/eval',
    'batchNorm',
    "a prediction uses its own batch's mean",
    'tf.sub(x, parameter(p, mean))',
    'tf.sub(x, tf.mean(tf.add(x, tf.mul(parameter(p, mean), 0)), [0, 1, 2]))',
    batchNorm('prediction'),
  ),
  mutation(
    'norm/detached',
    'batchNorm',
    'no gradient through the mean',
    'const centred = tf.sub(x, mean);',
    'const centred = tf.sub(x, stopGradient(mean));',
    batchNorm('gradients'),
  ),
];

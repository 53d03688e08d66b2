/** Mutations of the losses. */
import {mutationsIn} from './mutation.mjs';
import {network, trainingStep} from './tests.mjs';

const mutation = mutationsIn('packages/model/src');

export const LOSS_MUTATIONS = [
  mutation(
    'distill/margin',
    'losses',
    "the teacher's margin is 0.02",
    ['{margin = 0.01,', '{margin = 0.02,'],
    trainingStep(),
  ),
  mutation(
    'distill/live-teacher',
    'losses',
    "a gradient to the teacher's flow",
    ['const target = stopGradient(teacher.flow);', 'const target = teacher.flow;'],
    trainingStep(),
  ),
  mutation(
    'distill/live-mask',
    'losses',
    'a mask with a slope, through which gradients run',
    [
      [
        "const better = tf.cast(tf.greater(pixelError(merged, gt), allowed), 'float32');",
        'const excess = tf.sub(tf.mean(tf.abs(tf.sub(merged, gt)), 3, true), allowed);\n' +
          "    const hard = tf.cast(tf.greater(stopGradient(excess), 0), 'float32');\n" +
          '    const better = tf.add(hard, tf.sub(excess, stopGradient(excess)));',
      ],
    ],
    trainingStep(),
  ),
  mutation(
    'distill/one-student',
    'losses',
    'the mean over the students in place of the sum',
    ['return tf.addN(terms) as tf.Tensor1D;', 'return tf.div<tf.Tensor1D>(tf.addN(terms), terms.length);'],
    trainingStep(),
  ),
  mutation(
    'distill/refined',
    'createIfNet',
    'the mask looks at the refined frame',
    [
      'distillTerm(students, teacher, gt, distill)',
      'distillTerm([...students.slice(0, -1), {...last, merged: refined}], teacher, gt, distill)',
    ],
    trainingStep(),
  ),
  mutation(
    'reconstruction/merged',
    'createIfNet',
    'the reconstruction loss looks at the frame before refinement',
    [
      'imageTerms(refined, teacher.merged, gt)',
      'imageTerms(tf.add(last.merged, tf.mul(refined, 0)), teacher.merged, gt)',
    ],
    trainingStep(),
  ),
  mutation(
    'reconstruction/per-batch',
    'losses',
    "every sample gets the batch's mean",
    [
      'reconstruction: tf.slice(both, [0], [batch])',
      'reconstruction: tf.mul<tf.Tensor1D>(tf.onesLike(tf.slice(both, [0], [batch])), tf.mean(tf.slice(both, [0], [batch])))',
    ],
    network('a sample has the same terms'),
  ),
  mutation(
    'weight/teacher',
    'createIfNet',
    "the teacher's term weighs 0.5",
    ['teacher: 1, distill', 'teacher: 0.5, distill'],
    trainingStep(),
  ),
  mutation(
    'weight/distill',
    'options',
    'the distillation of IFNet weighs 0.005',
    ['distillWeight: 0.01}', 'distillWeight: 0.005}'],
    trainingStep(),
  ),
  mutation(
    'weight/distill-m',
    'options',
    'the distillation of IFNet_m weighs 0.01',
    ['distillWeight: 0.005}', 'distillWeight: 0.01}'],
    trainingStep('m_1x64x64'),
  ),
  mutation(
    'largest-flow/sign',
    'losses',
    'the largest flow is the largest positive one',
    ['tf.max(tf.abs(stopGradient(flow)))', 'tf.max(stopGradient(flow))'],
    network('bounds maxFlow'),
  ),
  mutation(
    'largest-flow/teacher',
    'createIfNet',
    "the largest flow leaves out the teacher's",
    ['largestFlow([...students, teacher])', 'largestFlow(students)'],
    network('bounds maxFlow'),
  ),
];

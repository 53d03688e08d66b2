/** Mutations of the network. */
import {mutationsIn} from './mutation.mjs';
import {forwardPass, inference, network, trainingStep} from './tests.mjs';

const mutation = mutationsIn('packages/model/src');

/** Also imports the op that cuts gradients. */
const detached = (importing, edit) => [
  [importing, importing.replace('} from', ', stopGradient} from')],
  edit,
];
const NET_IMPORT = "import {clamp01, warpFrom, warpSource, type WarpSource} from '@rife-train/engine/ops';";

export const NETWORK_MUTATIONS = [
  mutation(
    'block/flow-in',
    'ifBlock',
    "a block's input flow keeps its values where it is resized",
    ['tf.mul(resize(flow, 1 / scale), tf.scalar(1 / scale))', 'resize(flow, 1 / scale)'],
    forwardPass(),
  ),
  mutation(
    'block/flow-out',
    'ifBlock',
    "a block's output flow is not scaled by 2s",
    ['resize(tf.mul(flow, tf.scalar(factor)) as tf.Tensor4D, factor)', 'resize(flow, factor)'],
    forwardPass(),
  ),
  mutation(
    'block/mask-out',
    'ifBlock',
    'the mask is scaled as the flow is',
    ['resize(maskLogit, factor)', 'resize(tf.mul(maskLogit, tf.scalar(factor)) as tf.Tensor4D, factor)'],
    forwardPass(),
  ),
  mutation(
    'block/residual',
    'ifBlock',
    'no residual around the eight convolutions',
    ['widened(p, name, tf.add(x, start), wide)', 'widened(p, name, x, wide)'],
    forwardPass(),
  ),
  mutation(
    'timestep/place',
    'ifBlock',
    'the timestep plane comes before the images',
    ['small.splice(1, 0, ', 'small.splice(0, 0, '],
    forwardPass('m_1x64x64'),
  ),
  mutation(
    'timestep/value',
    'ifBlock',
    'the plane holds 1 - t',
    ['tf.reshape(timestep, [', 'tf.reshape(tf.sub(1, timestep), ['],
    forwardPass('m_1x64x64'),
  ),
  mutation(
    'timestep/per-sample',
    'ifBlock',
    "all samples get the first one's timestep",
    [
      'const column = tf.reshape(timestep, [batch!, 1, 1, 1]);',
      'const column = tf.reshape(tf.tile(tf.slice(timestep, [0], [1]), [batch!]), [batch!, 1, 1, 1]);',
    ],
    network('timestep'),
  ),
  mutation(
    'mask/swapped',
    'ifNet',
    'the mask fuses the warped images the other way round',
    [
      'tf.add(warped1, tf.mul(tf.sub(warped0, warped1), mask))',
      'tf.add(warped0, tf.mul(tf.sub(warped1, warped0), mask))',
    ],
    forwardPass(),
  ),
  mutation(
    'mask/sigmoid-on',
    'ifNet',
    'the next block sees the mask, not its logit',
    [
      '(pair: tf.Tensor4D, {warped, maskLogit}: Estimate) => [pair, ...warped, maskLogit]',
      '(pair: tf.Tensor4D, {warped, mask}: Estimate) => [pair, ...warped, mask]',
    ],
    forwardPass(),
  ),
  mutation(
    'mask/not-added-up',
    'ifNet',
    'the mask logits of the students are not added up',
    ['tf.add(before.maskLogit, own.maskLogit)', 'own.maskLogit'],
    forwardPass(),
  ),
  mutation(
    'flow/not-added-up',
    'ifNet',
    'the flows of the students are not added up',
    ['tf.add(before.flow, flow)', 'flow'],
    forwardPass(),
  ),
  mutation(
    'detach/between-blocks',
    'ifNet',
    'the flow is detached between the blocks',
    detached(NET_IMPORT, ['flow: before?.flow', 'flow: before && stopGradient(before.flow)']),
    trainingStep(),
  ),
  mutation(
    'detach/before-teacher',
    'ifNet',
    "the student's flow is detached before the teacher",
    detached(NET_IMPORT, ['{images, flow: student.flow, ', '{images, flow: stopGradient(student.flow), ']),
    trainingStep(),
  ),
  mutation(
    'refine/residual',
    'ifNet',
    'the residual is the sigmoid - 0.5, not twice that',
    ['tf.mul(correction, tf.scalar(2)), tf.scalar(1)', 'correction, tf.scalar(0.5)'],
    forwardPass(),
  ),
  mutation(
    'refine/no-clamp',
    'ifNet',
    'the refined frame is not clamped',
    [
      [NET_IMPORT, NET_IMPORT.replace('clamp01, ', '')],
      ['clamp01(tf.add(merged, residual) as tf.Tensor4D)', 'tf.add(merged, residual) as tf.Tensor4D'],
    ],
    network('drives out of range'),
  ),
  mutation(
    'refine/mask',
    'ifNet',
    'the U-net sees the mask, not its logit',
    [
      [
        'const {flow, halves, maskLogit, warped, merged} = student;',
        'const {flow, halves, mask, warped, merged} = student;',
      ],
      ['concatChannels([pair, ...warped, maskLogit, flow])', 'concatChannels([pair, ...warped, mask, flow])'],
    ],
    forwardPass(),
  ),
  mutation(
    'context/flow-value',
    'contextNet',
    'the flow of the context net is halved in size alone',
    ['tf.mul(resize(flow, 0.5), tf.scalar(0.5))', 'resize(flow, 0.5)'],
    forwardPass(),
  ),
  mutation(
    'context/warped-on',
    'contextNet',
    'features are warped before they are passed to the next stage',
    [
      '(features = twoConvs(p, `contextnet.conv${stage + 1}`, features))',
      '(features = twoConvs(p, `contextnet.conv${stage + 1}`, stage === 0 ? features : warp(features, resize(tf.concat([flow0, flow1], 0), 0.5 ** stage))))',
    ],
    forwardPass(),
  ),
  mutation(
    'teacher/gt-place',
    'ifNet',
    'the teacher sees gt before the other images',
    ['[...imagesFor(pair, student), gt]', '[gt, ...imagesFor(pair, student)]'],
    forwardPass(),
  ),
  mutation(
    'teacher/mask',
    'ifNet',
    "the teacher's mask starts anew",
    ['tf.add(student.maskLogit, own.maskLogit)', 'own.maskLogit'],
    forwardPass(),
  ),
  mutation(
    'unet/skip',
    'unet',
    'a skip connection comes before what it joins',
    ['concatChannels([x, quarter])', 'concatChannels([quarter, x])'],
    forwardPass(),
  ),
  mutation(
    'context/halves',
    'contextNet',
    'the flows of the two images change places',
    ['tf.concat([flow0, flow1], 0)', 'tf.concat([flow1, flow0], 0)'],
    forwardPass(),
  ),
  mutation(
    'augmentation/test-time',
    'testTime',
    'test-time augmentation turns images upside down without mirroring them',
    ['tf.reverse(x, [1, 2])', 'tf.reverse(x, [1])'],
    inference('^eager IFNet$'),
  ),
];

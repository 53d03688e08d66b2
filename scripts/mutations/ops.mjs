/** Mutations of the ops, as composed of TensorFlow's own. */
import {mutationsIn} from './mutation.mjs';
import {network, opAgainstPyTorch, opGradients} from './tests.mjs';

const edited = mutationsIn('packages/engine/src/ops');
const mutation = (id, file, what, find, replace, tests) => edited(id, file, what, [find, replace], tests);

const laplacian = (id, what, find, replace) =>
  mutation(`laplacian/${id}`, 'laplacian', what, find, replace, opAgainstPyTorch('laplacianLoss'));
const resize = (id, what, find, replace) =>
  mutation(`resize/${id}`, 'resize', what, find, replace, opAgainstPyTorch('resize'));
const warp = (id, what, find, replace, tests = opAgainstPyTorch('warp')) =>
  mutation(`warp/${id}`, 'warp', what, find, replace, tests);

export const OP_MUTATIONS = [
  laplacian('levels', '4 levels in place of 5', 'const LEVELS = 5;', 'const LEVELS = 4;'),
  laplacian(
    'pad-down',
    'symmetric padding before the Gaussian',
    "mirrorPad(x, 2, 2, 'REFLECT')",
    "mirrorPad(x, 2, 2, 'SYMMETRIC')",
  ),
  laplacian(
    'pad-up',
    'symmetric padding at the near end of the up step',
    "mirrorPad(x, 1, 0, 'REFLECT')",
    "mirrorPad(x, 1, 0, 'SYMMETRIC')",
  ),
  laplacian('pad-up-end', 'reflection at the far end of the up step', "0, 1, 'SYMMETRIC'", "0, 1, 'REFLECT'"),
  laplacian(
    'factor-4',
    'no factor 4 in the up step',
    '  [1 / 8, 6 / 8, 1 / 8],\n  [0, 4 / 8, 4 / 8],',
    '  [1 / 16, 6 / 16, 1 / 16],\n  [0, 4 / 16, 4 / 16],',
  ),
  laplacian(
    'gaussian',
    'another Gaussian of the same sum',
    'const BINOMIAL = [1, 4, 6, 4, 1]',
    'const BINOMIAL = [1, 3, 8, 3, 1]',
  ),
  laplacian(
    'odd-samples',
    'the down step keeps odd rows and columns',
    "mirrorPad(x, 2, 2, 'REFLECT')",
    "mirrorPad(x, 1, 3, 'REFLECT')",
  ),
  laplacian(
    'block-order',
    'rows and columns of the 2x2 blocks change places',
    'UP_TAPS[(phase >> 1) as 0 | 1][Math.floor(tap / 3)]! * UP_TAPS[(phase & 1) as 0 | 1][tap % 3]!',
    'UP_TAPS[(phase & 1) as 0 | 1][Math.floor(tap / 3)]! * UP_TAPS[(phase >> 1) as 0 | 1][tap % 3]!',
  ),
  laplacian(
    'level-mean',
    'the mean over the levels in place of the sum',
    'return tf.addN(terms) as tf.Tensor1D;',
    'return tf.div<tf.Tensor1D>(tf.addN(terms), LEVELS);',
  ),
  mutation(
    'laplacian/sum',
    'meanPerSample',
    'the sum of |x| in place of the mean',
    "meanOf(rawOp('Abs', [input as tf.Tensor]))",
    "rawOp('Sum', [rawOp('Abs', [input as tf.Tensor]), int32([1, 2, 3])], meanAttrs(false))",
    opAgainstPyTorch('laplacianLoss'),
  ),
  mutation(
    'l1/at-0',
    'meanPerSample',
    'the gradient of |x| at 0 is 1',
    "rawOp('Sign', [saved[0]!])",
    "rawOp('Sign', [rawOp('AddV2', [saved[0]!, tf.scalar(1e-30)])])",
    opGradients('abs has gradient 0 at 0'),
  ),
  resize('half-pixel', 'no half-pixel centres', 'half_pixel_centers: true', 'half_pixel_centers: false'),
  resize(
    'align-corners',
    'corners aligned',
    'align_corners: false, half_pixel_centers: true',
    'align_corners: true, half_pixel_centers: false',
  ),
  resize(
    'gradient',
    'no half-pixel centres in the gradient alone (as tfjs has it)',
    "rawOp('ResizeBilinearGrad', [dy, saved[0]!], ATTRS)",
    "rawOp('ResizeBilinearGrad', [dy, saved[0]!], {...ATTRS, half_pixel_centers: false})",
  ),
  warp(
    'border-gradient',
    'a gradient to positions beyond the border',
    "return rawOp('ReluGrad', [aboveZero, sub(tf.scalar(size - 1), position)]);",
    "return size > 0 ? grad : rawOp('ReluGrad', [aboveZero, position]);",
  ),
  warp(
    'at-0',
    'a gradient at the position 0 exactly',
    "const aboveZero = rawOp('ReluGrad', [grad, position]);",
    "const aboveZero = sub(grad, rawOp('ReluGrad', [grad, rawOp('Neg', [position])]));",
    opGradients('gives no gradient to a component that is at the border'),
  ),
  warp(
    'far-border',
    'the far border of the gradient is one pixel further out',
    'sub(tf.scalar(size - 1), position)',
    'sub(tf.scalar(size), position)',
  ),
  warp(
    'corners',
    'above right and below left change places',
    '[0, 1, width, width + 1]',
    '[0, width, 1, width + 1]',
  ),
  warp(
    'swapped-xy',
    'x and y of the flow change places',
    'add(lastAxis(flow, component, 1), grid)',
    'add(lastAxis(flow, 1 - component, 1), grid)',
  ),
  warp(
    'clamp',
    'clamps one pixel before the last',
    '[position, tf.scalar(0)]), tf.scalar(size - 1)]',
    '[position, tf.scalar(0)]), tf.scalar(size - 2)]',
  ),
  warp(
    'nan-hidden',
    'a NaN of the flow becomes the middle of its cell',
    'return {position, first, weight: sub(clipped, first)};',
    'const rest = sub(clipped, first);\n' +
      "  const weight = rawOp('SelectV2', [rawOp('IsNan', [rest]), tf.scalar(0.5), rest]);\n" +
      '  return {position, first, weight};',
    opGradients('a flow of NaN'),
  ),
  warp(
    'image-gradient',
    'in the gradient to the image left and right change places',
    'concatRows([sub(dy, right), right])',
    'concatRows([right, sub(dy, right)])',
  ),
  warp(
    'overlap',
    'cells that share pixels: the last corner is left out of their sum',
    '[lastAxis(dCells, corner * channels, channels), paddings]',
    '[mul(lastAxis(dCells, corner * channels, channels), tf.scalar(corner < 3 ? 1 : 0)), paddings]',
  ),
  mutation(
    'conv/padding',
    'conv2d',
    "stride 2 padded as TensorFlow's 'same'",
    '[1, size % 2]',
    '[size % 2, 1]',
    opAgainstPyTorch('conv2d of stride 2'),
  ),
  mutation(
    'deconv/padding',
    'deconv',
    'the transposed convolution one pixel off',
    "tf.conv2dTranspose(x, weight, [batch, height * 2, width * 2, out], 2, 'same')",
    "tf.slice(tf.conv2dTranspose(x, weight, [batch, height * 2 + 2, width * 2 + 2, out], 2, 'valid'), " +
      '[0, 0, 0, 0], [batch, height * 2, width * 2, out])',
    opAgainstPyTorch('deconv'),
  ),
  mutation(
    'deconv/flip',
    'deconv',
    'its kernel turned by 180 degrees',
    'conv2dTranspose(x, weight, ',
    'conv2dTranspose(x, tf.reverse(weight, [0, 1]), ',
    opAgainstPyTorch('deconv'),
  ),
  mutation(
    'prelu/at-0',
    'prelu',
    'the gradient to x at 0 is 1',
    "const positive = rawOp('ReluGrad', [dy, x]);",
    "const positive = rawOp('Sub', [dy, rawOp('ReluGrad', [dy, rawOp('Neg', [x])])]);",
    opAgainstPyTorch('prelu'),
  ),
  mutation(
    'prelu/slope-gradient',
    'prelu',
    'positive inputs count for the slope too',
    "rawOp('Mul', [negative, x])",
    "rawOp('Mul', [dy, x])",
    opAgainstPyTorch('prelu'),
  ),
  mutation(
    'clamp/at-0',
    'clamp01',
    'a gradient at exactly 0',
    "rawOp('ReluGrad', [dy, saved[0]!])",
    "rawOp('Sub', [dy, rawOp('ReluGrad', [dy, rawOp('Neg', [saved[0]!])])])",
    opAgainstPyTorch('clamp01'),
  ),
  mutation(
    'clamp/above-1',
    'clamp01',
    'a gradient at 1 and above',
    "return rawOp('ReluGrad', [aboveZero, rawOp('Sub', [tf.scalar(1), saved[0]!])]);",
    'return aboveZero;',
    opAgainstPyTorch('clamp01'),
  ),
  mutation(
    'sqrt/at-0',
    'safeSqrt',
    'an infinite slope at 0',
    "rawOp('DivNoNan', [",
    "rawOp('RealDiv', [",
    opGradients('safeSqrt has gradient 0 at 0'),
  ),
  mutation(
    'rms/at-0',
    'meanPerSample',
    "the reference's NaN: an infinite slope where all flows are equal",
    "kind === 'safe' ? 'DivNoNan' : 'RealDiv'",
    "kind === 'safe' ? 'RealDiv' : 'RealDiv'",
    network('a teacher whose flow equals the student'),
  ),
  mutation(
    'rms/epsilon',
    'meanPerSample',
    'an epsilon inside the root',
    "rawOp('Sqrt', [rawOp('Mean', [square, int32([3])], meanAttrs(true))])",
    "rawOp('Sqrt', [rawOp('AddV2', [rawOp('Mean', [square, int32([3])], meanAttrs(true)), tf.scalar(1e-6)])])",
    opGradients('rmsOverChannels has gradient 0'),
  ),
  mutation(
    'rms/sum',
    'meanPerSample',
    'the sum over the four flow channels in place of the mean',
    "rawOp('Mean', [square, ",
    "rawOp('Sum', [square, ",
    opAgainstPyTorch('rmsOverChannels'),
  ),
  mutation(
    'mean/gradient',
    'meanPerSample',
    'the gradient of a mean is not divided by the number of values',
    'tf.scalar(1 / size)',
    'tf.scalar(size / size)',
    opGradients('meanPerSample'),
  ),
  mutation(
    'bias/gradient',
    'biasAdd',
    'the gradient of a bias is the mean of its pixels, not their sum',
    "rawOp('BiasAddGrad', [dy])",
    'tf.mean(dy, [0, 1, 2])',
    opAgainstPyTorch('conv2d of stride 1'),
  ),
  mutation(
    'depth-to-space/gradient',
    'depthToSpace',
    'its gradient as a mere reshape',
    "rawOp('SpaceToDepth', [dy], attrs(block))",
    'tf.reshape(dy, x.shape)',
    opGradients('depthToSpace'),
  ),
  mutation(
    'mirror-pad/gradient',
    'mirrorPad',
    'its gradient as a mere slice (as tfjs has it)',
    "rawOp('MirrorPadGrad', [dy, paddings(before, after)], attrs)",
    'tf.slice(dy, [0, before, before, 0], x.shape)',
    opGradients('Pad'),
  ),
  mutation(
    'stop-gradient',
    'stopGradient',
    'lets the gradient through',
    "return rawOp<T>('Identity', [x]);",
    "return x.shape ? x : rawOp<T>('Identity', [x]);",
    opGradients('stopGradient'),
  ),
];

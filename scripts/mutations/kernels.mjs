/**
 * Mutations of the sources in native/, each compiled into a binding of its own, and of the
 * precision of convolutions.
 */
import {oneEditIn} from './mutation.mjs';
import {bf16Ops, bf16Training, fusedConvs, ownKernels, run, sharedFiles} from './tests.mjs';

const kernelIn = (source, testsOf) => (id, what, find, replace, name) => ({
  id: `kernel/${id}`,
  file: `packages/engine/native/${source}`,
  what,
  edits: [[find, replace]],
  tests: testsOf(name),
  native: true,
});
const kernel = kernelIn('rifeOps.cc', ownKernels);
const file = kernelIn('sharedFiles.cc', sharedFiles);
const optimizer = kernelIn('optimizer.cc', ownKernels);
const winograd = kernelIn('winograd.h', fusedConvs);
const conv = kernelIn('winogradConv.h', fusedConvs);

const engine = oneEditIn('packages/engine/src');
const state = oneEditIn('packages/core/src/checkpoint');

export const KERNEL_MUTATIONS = [
  {
    id: 'gpu/tf32',
    file: 'packages/engine/native/tf32.cc',
    what: "TensorFlow asks for TF32 though NVIDIA's variable leaves it out",
    edits: [['enable_tensor_float_32_execution(false)', 'enable_tensor_float_32_execution(true)']],
    tests: run('asks for TF32', 'packages/engine/src/runtime/__tests__/gpu.test.ts'),
    native: true,
  },
  engine(
    'gpu/layout',
    'capture/sessionConfig',
    'with nchw other passes of the optimiser run too',
    'for (const field of Object.values(PASSES)) varint(writer, field, OFF);',
    '',
    run('layout pass', 'packages/engine/src/capture/__tests__/sessionConfig.test.ts'),
  ),
  engine(
    'bf16/operand',
    'bfloat16/execute',
    'bf16, op by op: inputs are not rounded',
    "return way === 'kernels' ? rounded : toFloat32(rounded).id;",
    "return way === 'kernels' ? rounded : id;",
    bf16Ops('conv2d float32'),
  ),
  engine(
    'bf16/once',
    'bfloat16/nodes',
    'bf16: weights are cast for each convolution',
    'this.operands.set(ref, operand);',
    '',
    bf16Ops('casts what it uses'),
  ),
  engine(
    'bf16/float32',
    'ops/convolve',
    'bf16: inFloat32 changes nothing',
    '  delete backend.executeInBfloat16;\n',
    '',
    bf16Ops('inFloat32'),
  ),
  state(
    'bf16/resumed',
    'state',
    'a run that is resumed in another precision is not warned',
    '    precision,\n    plugins: plugins',
    '    plugins: plugins',
    bf16Training('another precision'),
  ),
  kernel(
    'prelu-slope',
    'RifePreluGrad: positive inputs count for the slope too',
    'dSlope[c] += positive ? 0.f : dy[c] * x[c];',
    'dSlope[c] += dy[c] * x[c];',
    'slope gradient',
  ),
  kernelIn('rifeOps.cc', fusedConvs)(
    'prelu-bias',
    "RifePreluGrad: the bias gets the output's gradient",
    'dBias[c] += d;',
    'dBias[c] += dy[c];',
    'bias and PReLU',
  ),
  optimizer(
    'adamw-decay',
    'RifeAdamW: the decay comes after the step',
    'p[i] * r.decay - nextM / (std::sqrt(nextV) + r.epsilon) * r.stepSize',
    '(p[i] - nextM / (std::sqrt(nextV) + r.epsilon) * r.stepSize) * r.decay',
    'AdamW',
  ),
  optimizer(
    'squares-rest',
    'RifeSumOfSquares: what fills no vector is left out',
    'for (int k = 0; i < count; i++, k++) sums[k] += x[i] * x[i];',
    '',
    'squares',
  ),
  engine(
    'squares-axis',
    'capture/ownForms',
    'sums of squares along an axis become a sum of all',
    "op === 'Sum' && outputs[0]!.shape.length === 0",
    "op === 'Sum'",
    ownKernels('along an axis'),
  ),
  kernelIn('channels.cc', ownKernels)(
    'channels-begin',
    'RifeChannels: begins with the first channel',
    'x.data() + at * channels + begin',
    'x.data() + at * channels',
    'channels',
  ),
  winograd(
    'conv-edge',
    'RifeConv3x3: a tile reads past the last row',
    'if (r < 0 || r >= tiles.height ||',
    'if (r < 0 || r >= tiles.height + (sample + 1 < tiles.batch) ||',
    'odd height',
  ),
  winograd(
    'conv-rest',
    'products leave out the last row of an odd number',
    '  if (left) productBlock<1, kVectors>(p, a, p.b, c);\n',
    '',
    'convolution:',
  ),
  winograd(
    'conv-adjoint',
    'RifeConv3x3WeightGrad: a sign of the adjoint',
    'v[3] = Vec::zero() - d1;',
    'v[3] = d1;',
    'whole tiles',
  ),
  conv(
    'conv-turned',
    'RifeConv3x3InputGrad: the weight is not turned around',
    '((8 - tap) * in + column + i)',
    '(tap * in + column + i)',
    'whole tiles',
  ),
  conv(
    'conv-sum',
    'RifeConv3x3WeightGrad: only the last tiles count',
    'first > 0, du',
    'false, du',
    'more tiles',
  ),
  kernelIn('conv3x3.cc', fusedConvs)(
    'conv-bias',
    'RifeConv3x3: the bias is the slope',
    'Result result{inputs[2].data(), nullptr',
    'Result result{inputs.back().data(), nullptr',
    'whole tiles',
  ),
  engine(
    'bf16/fused',
    'ops/conv2d',
    'bf16: our own convolutions are used, in float32',
    'ownConvs() && !roundsToBfloat16() && ',
    'ownConvs() && ',
    fusedConvs('bf16'),
  ),
  kernel(
    'warp-border',
    'RifeWarpFlowGrad: a gradient to positions beyond the border',
    'dx * (cell.x.inside ? 1.f : 0.f)',
    'dx * 1.f',
    'warp with a flow',
  ),
  kernel(
    'warp-scatter',
    'RifeWarpImageGrad: above right and below left change places',
    'p[c + channels] += right - belowRight;\n        p[c + below] += belowLeft;',
    'p[c + below] += right - belowRight;\n        p[c + channels] += belowLeft;',
    'warp with a flow',
  ),
  kernel(
    'warp-nan',
    'RifeWarp: a NaN of the flow becomes a position',
    'return {first, clipped - static_cast<float>(first), ',
    'return {first, clipped == clipped ? clipped - static_cast<float>(first) : 0.f, ',
    'warp passes NaN on',
  ),
  file(
    'file-order',
    'RifeMeanOfFiles: adds up in float32',
    'sums[i] += static_cast<double>(values[i])',
    'sums[i] = static_cast<float>(sums[i] + values[i])',
    'means of 5 files',
  ),
  file(
    'file-denormal',
    'RifeMeanOfFiles: very small numbers are zero',
    '    std::fesetenv(FE_DFL_ENV);\n',
    '',
    'means of odd numbers',
  ),
  file(
    'file-start',
    'RifeMeanOfFiles: the range begins with the file',
    'const int64_t at = from + piece * kPiece;',
    'const int64_t at = piece * kPiece;',
    'means of 2 files',
  ),
  file(
    'file-line',
    'RifeToFile: no gaps between variables',
    'starts.push_back(starts.back() + onLine(values.back().size()))',
    'starts.push_back(starts.back() + values.back().size())',
    'variables are written on lines',
  ),
  file(
    'file-room',
    'RifeFromFile: the end of the file is not looked at',
    'if (at + size > source->size())',
    'if (at + size > 1000 * source->size())',
    'reading from a short file',
  ),
];

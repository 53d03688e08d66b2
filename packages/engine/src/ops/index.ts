/**
 * Ops whose tfjs versions have a wrong gradient or none, or are slow. They work only on tfjs-node's
 * backend, in ordinary execution and inside a capture: no op here reads a tensor's values.
 */
export {abs} from './abs.js';
export {biasAdd} from './biasAdd.js';
export {clamp01} from './clamp01.js';
export {conv2d, conv2dPrelu} from './conv2d.js';
export {inFloat32} from './convolve.js';
export {deconv, deconvPrelu} from './deconv.js';
export {depthToSpace} from './depthToSpace.js';
export {depthwiseConv2d} from './depthwiseConv2d.js';
export {dilatedConv2d} from './dilatedConv2d.js';
export {laplacianLoss} from './laplacian.js';
export {leakyRelu} from './leakyRelu.js';
export {maxPool2} from './maxPool.js';
export {meanAbsPerSample, meanPerSample, rmsOverChannels, type RmsOptions} from './meanPerSample.js';
export {mirrorPad, reflectPad, type MirrorMode} from './mirrorPad.js';
export {pointwiseConv2d} from './pointwiseConv2d.js';
export {biasPrelu, prelu} from './prelu.js';
export {rawOp, type RawAttr} from './raw.js';
export {resize} from './resize.js';
export {safeSqrt} from './safeSqrt.js';
export {stopGradient} from './stopGradient.js';
export {warp, warpFrom, warpSource, type WarpOptions, type WarpSource} from './warp.js';

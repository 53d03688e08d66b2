/**
 * Reading and writing weights files; `@rife-train/model/weights` loads no tfjs. Formats:
 * docs/weights.md.
 */
export type {WeightTensor, WeightsDtype, WeightsFile, WeightsFormat, WriteWeightsOptions} from './types.js';
export {decodeWeights, readWeights} from './readWeights.js';
export {encodeWeights, writeWeights} from './writeWeights.js';
export {toFloat32} from './toFloat32.js';
export {MODULE_PREFIX, stripPrefix} from './stripPrefix.js';
export {deduceOptions, specsOf} from '../deduceOptions.js';
export {costOf} from '../cost.js';
export {swapImageChannels} from '../imageChannels.js';
export {
  byModule,
  isTrainingOnly,
  matchLines,
  matchWeights,
  moduleOf,
  printable,
  someOf,
  type MatchLines,
  type MisshapedTensor,
  type WeightsMatch,
} from '../weightsMatch.js';

/** Tools for tests of rife-train's packages and of plugins. */
export {missingBfloat16Kernels} from './bfloat16.js';
export {
  gradientsOutside,
  lossesOutside,
  normOf,
  outside,
  type BoundedQuantity,
  type GradientsOutside,
  type RecordedGradient,
  type Standing,
} from './bounds.js';
export {
  finiteDifferences,
  gradientError,
  seededRandom,
  type Derivative,
  type FiniteDifferenceOptions,
} from './finiteDifferences.js';
export {fixtureFeed, fixtureFrame, fixtureImages, fixtureWeights, sampledIndices} from './fixtureInputs.js';
export {PluginProbe, probeTrace, type ProbeTrace, type ProbeTraceOptions} from './pluginProbe.js';
export {ReplicaGroups, ReplicaLost} from './replicaGroups.js';
export {readSafetensors, type StoredTensor} from './safetensors.js';
export {
  conformance,
  type CheckName,
  type ConformanceOptions,
  type MakePlugins,
  type TestGlobals,
} from './conformance/index.js';
export {TinyBatches, type TinyBatchesOptions} from './tiny/tinyBatches.js';
export {TINY, TinyModel} from './tiny/tinyModel.js';
export {tinyConfig, trainTiny, type TinyConfig, type TinyRun, type TinyRunOptions} from './tiny/trainTiny.js';

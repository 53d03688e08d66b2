/** Tools for tests of rife-train's packages and of plugins. */
export {
  finiteDifferences,
  gradientError,
  seededRandom,
  type Derivative,
  type FiniteDifferenceOptions,
} from './finiteDifferences.js';
export {fixtureFrame, fixtureImages, fixtureWeights, sampledIndices} from './fixtureInputs.js';
export {PluginProbe, probeTrace, type ProbeTrace, type ProbeTraceOptions} from './pluginProbe.js';
export {readSafetensors, type StoredTensor} from './safetensors.js';

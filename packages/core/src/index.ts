/** Public API of @rife-train/core. What is exported here is the contract; nothing else is. */
export * from './contract/index.js';
export {definePlugin} from './definePlugin.js';
export {didYouMean} from './didYouMean.js';
export {RifeError, isRifeError, messageOf, optionError, pluginState, readAhead} from '@rife-train/errors';
export {cropSides} from './checkCrop.js';
export {resolveConfig} from './config.js';
export {configNotes} from './configNotes.js';
export {microStepsFor} from './globalBatch.js';
export {lossTermOf} from './lossTermOf.js';
export {
  applyPlugins,
  type AppliedPlugins,
  type ApplyRequest,
  type PluginCheckpoint,
} from './appliedPlugins.js';
export {
  inspectGraph,
  inspectTaps,
  type GraphReport,
  type InspectOptions,
  type PluginCost,
  type TapNodes,
} from './inspect/inspectPlugins.js';
export type {GraphParts, GraphSize} from './inspect/graph.js';
export type {StepCost} from './inspect/measure.js';
export {inspectRun, type RunBytes, type RunReport, type RunReportParts} from './inspect/inspectRun.js';
export type {HookReport, PluginReport, TapReport, TapsReport} from './inspect/taps.js';
export {HOOK_KINDS, HOOK_NAMES, type HookKind} from './hooks.js';
export {checkPlugin} from './plugins.js';
export {parseOptions, type OptionsSchema} from './parseOptions.js';
export {besideText} from './scoresText.js';
export {weightsOf} from './tensors.js';
export {verdictWord} from './verdicts.js';
export {globalNorm} from './traced/loss.js';
export {
  Trainer,
  type PredictRequest,
  type PredictResult,
  type RunOptions,
  type TrainerOptions,
} from './trainer.js';
export type {BatchRequest, TrainerParts} from './openRun.js';
export type {Frame, FrameSize} from './frames.js';
export {
  openPredictor,
  Predictor,
  type FrameOptions,
  type PredictedFrame,
  type PredictorParts,
} from './predictor.js';
export type {WeightsOrigin} from './initialWeights.js';
export {
  describeExamination,
  describeFinding,
  describeUpdate,
  type Examination,
  type Origins,
} from './flight/examine.js';
export {readRecord, type FlightRecord, type LoadedRecord, type RecordedBatch} from './flight/record.js';
export {replay, type Replay, type ReplayRequest} from './flight/replay.js';
export {Logger, formatStep, plainSink, type LogLevel, type LogSink} from './logger.js';
export {learningRateAt, type ScheduleOptions} from './optim/schedule.js';
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type SafetensorsDtype,
  type SafetensorsEntry,
  type SafetensorsValues,
} from './checkpoint/safetensors.js';
export {CheckpointStore, type CheckpointContent, type LoadedCheckpoint} from './checkpoint/store.js';
export type {CheckpointState, ConfigSummary, RunPosition} from './checkpoint/state.js';

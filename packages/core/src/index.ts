/** Public API of @rife-train/core. What is exported here is the contract; nothing else is. */
export * from './contract/index.js';
export {definePlugin} from './plugins/definePlugin.js';
export {defineNetwork, Networks, networksOf} from './networks/networks.js';
export {didYouMean} from './config/didYouMean.js';
export {RifeError, isRifeError, messageOf, optionError, pluginState, readAhead} from '@rife-train/errors';
export {cropSides} from './config/checkCrop.js';
export {drawnPerBatch} from './config/dataSchema.js';
export {resolveConfig} from './config/config.js';
export {configNotes} from './config/configNotes.js';
export {microStepsFor} from './config/globalBatch.js';
export {lossTermOf} from './traced/lossTermOf.js';
export {
  applyPlugins,
  type AppliedPlugins,
  type ApplyRequest,
  type PluginCheckpoint,
} from './plugins/appliedPlugins.js';
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
export {HOOK_KINDS, HOOK_NAMES, type HookKind} from './plugins/hooks.js';
export {actingPlugin} from './plugins/acting.js';
export {checkPlugin} from './plugins/registry.js';
export {parseOptions, type OptionsSchema} from './config/parseOptions.js';
export {besideText} from './log/scoresText.js';
export {averageOf} from './weights/averages.js';
export {weightsOf} from './weights/tensors.js';
export {verdictWord} from './plugins/verdicts.js';
export {globalNorm} from './traced/loss.js';
export {
  Trainer,
  type PredictRequest,
  type PredictResult,
  type RunOptions,
  type TrainerOptions,
} from './run/trainer.js';
export type {BatchRequest, TrainerParts} from './run/openRun.js';
export type {Frame, FrameSize} from './predict/frames.js';
export {
  openPredictor,
  predictionProgram,
  Predictor,
  type FrameOptions,
  type PredictedFrame,
  type PredictionProgram,
  type PredictorParts,
} from './predict/predictor.js';
export {
  describeExamination,
  describeFinding,
  describeUpdate,
  type Examination,
  type Origins,
} from './flight/examine.js';
export {readRecord, type FlightRecord, type LoadedRecord, type RecordedBatch} from './flight/record.js';
export {replay, type Replay, type ReplayRequest} from './inspect/replay.js';
export {Logger, formatStep, plainSink, type LogLevel, type LogSink} from './log/logger.js';
export {learningRateAt, type ScheduleOptions} from './optim/schedule.js';
export {CheckpointStore, type CheckpointContent, type LoadedCheckpoint} from './checkpoint/store.js';
export type {CheckpointState, ConfigSummary, RunPosition} from './checkpoint/state.js';

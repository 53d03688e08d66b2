/**
 * The configuration without the trainer: loads no TensorFlow, so that the command line can describe
 * itself.
 */
export {configSchema, examineConfig, type SchemaParts} from './config.js';
export {checkHalves, dataSchema, dataShape, drawnPerBatch, MOST_SIDE} from './dataSchema.js';
export {
  examine,
  exampleOf,
  listOptions,
  type Examined,
  type Given,
  type ListedOption,
  type OptionsSchema,
  type Problem,
} from './examine.js';
export {defaultBy, expectedBy} from './expected.js';
export {modelOptions, modelSchema, networkNamed, type NetworkOptions} from './modelSchema.js';
export {
  MOST_RATE,
  option,
  optionMeta,
  seconds,
  whole,
  type Input,
  type OptionMeta,
  type Output,
} from './option.js';
export {trainerShape} from './trainerSchema.js';

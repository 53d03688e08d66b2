/** The network that weights are of, ready to predict. */
import {
  Networks,
  weightsOf,
  type AppliedPlugins,
  type Model,
  type ModelOptions,
  type ParameterSpec,
} from '@rife-train/core';
import {predictWeights} from '@rife-train/errors';
import {NETWORKS} from '@rife-train/model';
import {isTrainingOnly, matchLines, matchWeights, type WeightsMatch} from '@rife-train/model/weights';
import {checkNetwork} from '../weights/checkNetwork.js';
import {seemsText} from '../weights/networkNote.js';
import {formatText, readSource, type WeightsSource} from '../weights/source.js';

/** A network with its weights. */
export interface Network {
  model: Model;
  /** In program layout, by name. */
  weights: Map<string, Float32Array>;
  /** To be applied to predictions, if there are any. */
  plugins: AppliedPlugins | undefined;
  /** Where the weights are from. */
  source: WeightsSource;
  /** One line about what was loaded. */
  summary: string;
}

/** How weights are taken. */
export interface NetworkOptions {
  /** Name of the network, in place of the one that the weights show. */
  name?: string | undefined;
  /** Which of several networks in the file. */
  key?: string | undefined;
  /** Applies plugins; called once the weights have been read. @default none */
  plugins?: (source: WeightsSource) => Promise<AppliedPlugins | undefined>;
}

/**
 * The model of the checkpoint; of other files, that of the configuration with its plugins, or the
 * one that names and shapes show.
 */
function optionsOf(
  {checkpoint, tensors}: WeightsSource,
  name: string | undefined,
  plugins: AppliedPlugins | undefined,
  networks: Networks,
): ModelOptions {
  // Asked in any case: a plugin may look at them there.
  const configured = plugins?.modelOptions();
  const options = checkpoint?.model ?? configured ?? networks.recognize(tensors);
  if (!options) throw predictWeights(name ?? 'IFNet', ['no tensor has a name of RIFE'], seemsText(tensors));
  return name === undefined ? options : {...options, name};
}

/** A match without what predictions do not use. */
const withoutTeacher = ({missing, misshaped, ...rest}: WeightsMatch): WeightsMatch => ({
  ...rest,
  missing: missing.filter(name => !isTrainingOnly(name)),
  misshaped: misshaped.filter(({name}) => !isTrainingOnly(name)),
});

/** Values that are not in the file are the teacher's, which no prediction reads: zeros do. */
function inProgramLayout(model: Model, specs: readonly ParameterSpec[], {loaded}: WeightsMatch) {
  const valuesOf = ({name, shape}: ParameterSpec) => {
    const found = loaded.get(name);
    return found ? model.fromFile(name, found) : new Float32Array(shape.reduce((a, b) => a * b, 1));
  };
  return new Map(specs.map(spec => [spec.name, valuesOf(spec)]));
}

function summaryOf({name, options}: Model, {file, format, checkpoint}: WeightsSource): string {
  const scales = options.scales.join(', ');
  const from = checkpoint ? `checkpoint of step ${checkpoint.step}` : formatText(format);
  return `${name}, scales ${scales}: ${file} (${from})`;
}

/**
 * Reads weights and builds their network.
 *
 * @param path a file, or the folder of a checkpoint or of a run
 * @throws RIFE_ERR_PREDICT_WEIGHTS when a tensor that is needed is missing or has another shape;
 *   RIFE_ERR_WEIGHTS_NETWORK when the weights are of another network; RIFE_ERR_MODEL_UNKNOWN,
 *   RIFE_ERR_MODEL_OPTION; whatever `readSource` throws
 */
export async function loadNetwork(
  path: string,
  {name, key, plugins: pluginsFor}: NetworkOptions = {},
): Promise<Network> {
  const source = await readSource(path, key);
  const plugins = await pluginsFor?.(source);
  const networks = plugins?.networks ?? new Networks(NETWORKS);
  const options = optionsOf(source, name, plugins, networks);
  checkNetwork(options, source);
  const model = networks.create(options);
  const specs = weightsOf(model);
  const match = withoutTeacher(matchWeights(specs, source.tensors));
  const {missing, misshaped} = matchLines(specs, match);
  if (missing.length + misshaped.length > 0)
    throw predictWeights(model.name, [...missing, ...misshaped], seemsText(source.tensors));
  const weights = inProgramLayout(model, specs, match);
  return {model, weights, plugins, source, summary: summaryOf(model, source)};
}

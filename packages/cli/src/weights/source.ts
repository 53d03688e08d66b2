/**
 * Where weights come from: a file, the folder of a checkpoint or of a run, or the reference's
 * train_log.
 */
import {existsSync, lstatSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {z} from 'zod';
import type {ModelOptions, PluginCheckpoint} from '@rife-train/core';
import {weightsCheckpointError, weightsFolderError} from '@rife-train/errors';
import {readText, sha256OfFile} from '@rife-train/files';
import {publishedName, publishedWeights} from './published.js';
import {readWeights, stripPrefix, type WeightsFile} from '@rife-train/model/weights';

/** Weights that were read. */
export interface WeightsSource {
  /** The file itself, when the path named a folder. */
  file: string;
  format: WeightsFile['format'];
  metadata: Record<string, string>;
  /** Names as RIFE has them. */
  tensors: WeightsFile['tensors'];
  /** Prefix of the names: `module.`, `_orig_mod.module.`; '' for none. */
  prefix: string;
  /** Facts from a checkpoint's state. */
  checkpoint: CheckpointFacts | undefined;
}

/** The part of a checkpoint's state.json that is used. */
export interface CheckpointFacts extends PluginCheckpoint {
  model: ModelOptions;
  /** Plugins that a prediction needs beside the weights. */
  predictionPlugins: readonly string[];
}

const WEIGHTS = 'weights.safetensors';
const STATE = 'state.json';
/** Files of the reference's training. */
const REFERENCE = 'flownet.pkl';

const isFolder = (path: string) => statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;

/** The checkpoint that `latest` names, else the one of the latest step. */
function newestCheckpoint(folder: string): string | undefined {
  const latest = join(folder, 'latest');
  const named = existsSync(latest) ? readFileSync(latest, 'utf8').trim() : '';
  const steps = readdirSync(folder).filter(name => /^step-\d+$/.test(name));
  const newest = steps.sort((a, b) => Number(b.slice(5)) - Number(a.slice(5)))[0];
  const name = steps.includes(named) ? named : newest;
  return name === undefined ? undefined : join(folder, name, WEIGHTS);
}

/**
 * The file that a path means: itself, or in a folder the weights of a checkpoint, of a run's newest
 * checkpoint, or flownet.pkl.
 * @throws RIFE_ERR_CLI_WEIGHTS_FOLDER for a folder with none of these
 */
export function locateWeights(path: string): string {
  if (!isFolder(path)) return path;
  const inFolder = (name: string) => (existsSync(join(path, name)) ? join(path, name) : undefined);
  const ofRun = isFolder(join(path, 'checkpoints')) ? newestCheckpoint(join(path, 'checkpoints')) : undefined;
  const file = inFolder(WEIGHTS) ?? ofRun ?? newestCheckpoint(path) ?? inFolder(REFERENCE);
  if (file === undefined) throw weightsFolderError(path);
  return file;
}

const count = z.int().nonnegative();

/**
 * The entries that are used. The file may be of another release, torn, or from somebody else: what
 * is there must be of these types.
 */
const STATE_FACTS = z.looseObject({
  step: count.optional(),
  model: z.looseObject({options: z.looseObject({}).optional()}).optional(),
  config: z.looseObject({steps: z.number().optional()}).optional(),
  plugins: z.record(z.string(), z.unknown()).optional(),
  predictionPlugins: z.array(z.string()).optional(),
  files: z
    .record(z.string(), z.looseObject({bytes: count.optional(), sha256: z.string().optional()}))
    .optional(),
});
type State = z.infer<typeof STATE_FACTS>;

/** The state.json beside a checkpoint's weights; undefined for other files. */
async function stateBeside(file: string): Promise<State | undefined> {
  if (!file.endsWith(WEIGHTS)) return undefined;
  const folder = join(file, '..');
  const path = join(folder, STATE);
  if (!existsSync(path)) return undefined;
  const text = await readText(path).catch((error: Error) => {
    throw weightsCheckpointError(folder, `${STATE} ${error.message}`);
  });
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    throw weightsCheckpointError(folder, `${STATE} is not JSON`);
  }
  const {data, error} = STATE_FACTS.safeParse(state);
  if (data) return data;
  const {path: entry, message} = error.issues[0]!;
  throw weightsCheckpointError(folder, `${STATE} has wrong entries: ${entry.join('.')}: ${message}`);
}

/** Is the file the one that the checkpoint was sealed with, and no link to another one? */
async function checkSeal(file: string, {files}: State): Promise<void> {
  const broken = (problem: string) => weightsCheckpointError(join(file, '..'), problem);
  const stat = lstatSync(file, {throwIfNoEntry: false});
  if (stat && !stat.isFile()) throw broken(`${WEIGHTS} is not a regular file`);
  const sealed = files?.[WEIGHTS]?.sha256;
  if (sealed !== undefined && sealed !== (await sha256OfFile(file)))
    throw broken(`${WEIGHTS} has another checksum than ${STATE} says`);
}

/** The rest of a key, after the part that chose the place. */
function keyOfNames(key: string, place = '(top)'): string {
  if (key === place) return '';
  return key.startsWith(`${place}.`) ? key.slice(place.length + 1) : key;
}

/**
 * Reads weights.
 * @param path a file of any format, a folder as {@link locateWeights} takes, or the name of
 *   published weights
 * @param key the place or the prefix that is meant, where a file has several networks: `params_ema`
 * @throws RIFE_ERR_WEIGHTS_*, RIFE_ERR_SAFETENSORS, RIFE_ERR_CLI_WEIGHTS_FOLDER,
 *   RIFE_ERR_CLI_WEIGHTS_CHECKPOINT
 */
export async function readSource(path: string, key = ''): Promise<WeightsSource> {
  const name = publishedName(path);
  const file = name === undefined ? locateWeights(path) : await publishedWeights(name);
  const state = await stateBeside(file);
  if (state) await checkSeal(file, state);
  const {format, metadata, tensors: named} = await readWeights(file, key);
  const choice = {file, key: keyOfNames(key, metadata['state_dict'])};
  const {tensors, prefix} = stripPrefix(named, choice);
  return {file, format, metadata, tensors, prefix, checkpoint: state && factsOf(state, join(file, '..'))};
}

function factsOf(state: State, directory: string): CheckpointFacts | undefined {
  const {step = 0, model, config, plugins = {}, predictionPlugins = []} = state;
  if (!model?.options) return undefined;
  return {
    step,
    steps: config?.steps ?? step,
    directory,
    model: model.options as unknown as ModelOptions,
    plugins,
    predictionPlugins,
  };
}

const FORMATS = {zip: 'PyTorch', legacy: 'PyTorch (legacy)', safetensors: 'safetensors'} as const;

/** A format in words. */
export const formatText = (format: WeightsFile['format']) => FORMATS[format];

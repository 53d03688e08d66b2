/** The plugins that a prediction is made with. */
import {applyPlugins, Logger, type AppliedPlugins} from '@rife-train/core';
import {predictPlugins} from '@rife-train/errors';
import {NETWORKS} from '@rife-train/model';
import type {WeightsSource} from '../weights/source.js';
import type {NetworkFlags} from './flags.js';

type Facts = WeightsSource['checkpoint'];

/** A plugin that the weights were not trained with is no error: it may be what is to be tried. */
function unexpected({predictionPlugins: applied}: AppliedPlugins, checkpoint: NonNullable<Facts>) {
  return applied.filter(name => !checkpoint.predictionPlugins.includes(name));
}

async function fromConfig(
  path: string,
  checkpoint: Facts,
  cwd: string,
  print: (text: string) => void,
): Promise<AppliedPlugins> {
  const {loadConfig} = await import('../config/loadConfig.js');
  const {config} = await loadConfig(cwd, path);
  const logger = new Logger({line: (text, level) => print(level === 'warn' ? `warning: ${text}` : text)});
  const applied = await applyPlugins({config, networks: NETWORKS, checkpoint, logger});
  for (const name of checkpoint ? unexpected(applied, checkpoint) : [])
    print(`warning: plugin "${name}" changes the flow, and the checkpoint was trained without it`);
  return applied;
}

/**
 * The plugins of `--config`, in the state that the checkpoint holds; none without it.
 *
 * @param print shows lines and warnings of plugins
 * @throws RIFE_ERR_PREDICT_PLUGINS when one is missing that the weights were trained with; whatever
 *   `loadConfig` and `applyPlugins` throw
 */
export async function pluginsFor(
  {config: path, withoutPlugins = false}: NetworkFlags,
  {checkpoint}: WeightsSource,
  cwd: string,
  print: (text: string) => void,
): Promise<AppliedPlugins | undefined> {
  const applied = path === undefined ? undefined : await fromConfig(path, checkpoint, cwd, print);
  const present = applied?.plugins.map(({name}) => name) ?? [];
  const missing = (checkpoint?.predictionPlugins ?? []).filter(name => !present.includes(name));
  if (missing.length > 0 && !withoutPlugins)
    throw predictPlugins(checkpoint!.directory, missing, applied !== undefined);
  return applied;
}

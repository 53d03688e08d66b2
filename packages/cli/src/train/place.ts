/** Which run the flags mean: a new one or an earlier one, and its folder. */
import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {resumeMissingError, usageError} from '@rife-train/errors';
import {loadConfig, type LoadedConfig, type LocatedConfig} from '../config/loadConfig.js';
import {type TrainFlags, withFlags} from './flags.js';
import type {Start} from './outFolder.js';
import {latestRun, makeNextRun, newestStep} from './runFolders.js';
import {shortPath} from './summary.js';

/** A run that has a folder and a complete configuration. */
export interface PlacedRun {
  config: LocatedConfig;
  /** Path of the configuration file. */
  source: string;
  start: Start;
  /** Flags of a command that means the same run. */
  flags: TrainFlags;
  /** Is its folder one of several, among which `latest` names one? */
  isLatest: boolean;
}

/** @throws RIFE_ERR_CLI_USAGE, RIFE_ERR_CLI_RESUME_MISSING, and errors of the configuration */
export async function placeRun(given: TrainFlags, cwd: string): Promise<PlacedRun> {
  const start = startOf(given, cwd);
  const loaded = await loadConfig(cwd, given.config);
  // Before the folder is made: a refused flag leaves no folder.
  const named = typeof given.resume === 'string' ? {...given, out: given.resume} : given;
  const {out: configured} = withFlags(loaded.config, named, cwd);
  const {out, isLatest} = folderOf(given, loaded, configured, start);
  const flags: TrainFlags = isLatest ? {...given, out: shortPath(out, cwd)} : given;
  delete flags.name;
  if (typeof given.resume === 'string') flags.out = given.resume;
  if (given.extend !== undefined) flags.steps = newestStep(out) + given.extend;
  return {config: withFlags(loaded.config, flags, cwd), source: loaded.path, start, flags, isLatest};
}

/** Whether the flags start or resume a run. `--resume dir` is `--resume --out dir`. */
function startOf({resume, fresh, out, name, extend}: TrainFlags, cwd: string): Start {
  if (typeof resume !== 'string') return fresh ? 'fresh' : resume || extend !== undefined ? 'resume' : 'new';
  const other = out !== undefined ? '--out' : name !== undefined ? '--name' : undefined;
  if (other) throw usageError(`"--resume <dir>" and "${other}" both name a folder`);
  if (!existsSync(join(resolve(cwd, resume), 'checkpoints'))) throw resumeMissingError(resume);
  return 'resume';
}

/** Runs without an `out` are numbered; `--resume` then means the last of them. */
function folderOf(
  flags: TrainFlags,
  {runs, config}: LoadedConfig,
  out: string,
  start: Start,
): {out: string; isLatest: boolean} {
  if (flags.name !== undefined) return {out, isLatest: true};
  if (typeof flags.resume === 'string' || runs === undefined || out !== config.out)
    return {out, isLatest: false};
  const latest = start === 'resume' ? latestRun(runs) : undefined;
  return {out: latest ?? makeNextRun(runs), isLatest: true};
}

import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {resumeMissingError, usageError} from '@rife-train/errors';
import {loadConfig, type LoadedConfig} from '../config/loadConfig.js';
import type {CommandIo} from '../io.js';
import {createReporter} from '../progress/reporter.js';
import {trainCommandLine} from './commandLine.js';
import {type TrainFlags, withFlags} from './flags.js';
import {checkOut, type Start} from './outFolder.js';
import {latestRun, makeNextRun, newestStep} from './runFolders.js';
import {shortPath} from './summary.js';
import {train} from './train.js';

/** `rife-train train`. Returns the exit code; throws coded errors. */
export async function runTrain(flags: TrainFlags, io: CommandIo): Promise<number> {
  const {cwd} = io;
  const start = startOf(flags, cwd);
  const loaded = await loadConfig(cwd, flags.config);
  // Before the folder is made: a flag that is refused leaves none behind.
  const named = typeof flags.resume === 'string' ? {...flags, out: flags.resume} : flags;
  const {out: configured} = withFlags(loaded.config, named, cwd);
  const place = placeOf(flags, loaded, configured, start);
  const run: TrainFlags = place.isOurs ? {...flags, out: shortPath(place.out, cwd)} : flags;
  delete run.name;
  if (typeof flags.resume === 'string') run.out = flags.resume;
  if (flags.extend !== undefined) run.steps = newestStep(place.out) + flags.extend;
  const config = withFlags(loaded.config, run, cwd);
  checkOut(config.out, start, trainCommandLine(run));
  const reporter = createReporter(io.stdout);
  try {
    return await train({
      config,
      source: loaded.path,
      start,
      flags: run,
      reporter,
      cwd,
      isLatest: place.isOurs,
    });
  } finally {
    reporter.close();
  }
}

/** What the flags say about an earlier run. `--resume dir` is `--resume --out dir`. */
function startOf({resume, fresh, out, name, extend}: TrainFlags, cwd: string): Start {
  if (typeof resume !== 'string') return fresh ? 'fresh' : resume || extend !== undefined ? 'resume' : 'new';
  const other = out !== undefined ? '--out' : name !== undefined ? '--name' : undefined;
  if (other) throw usageError(`"--resume <dir>" and "${other}" both name a folder`);
  if (!existsSync(join(resolve(cwd, resume), 'checkpoints'))) throw resumeMissingError(resume);
  return 'resume';
}

/** Where a run goes: `isOurs` is a folder among others, of which `latest` names one. */
interface Place {
  out: string;
  isOurs: boolean;
}

/** Runs without an `out` are numbered; `--resume` then means the last of them. */
function placeOf(flags: TrainFlags, {runs, config}: LoadedConfig, out: string, start: Start): Place {
  if (flags.name !== undefined) return {out, isOurs: true};
  if (typeof flags.resume === 'string' || runs === undefined || out !== config.out)
    return {out, isOurs: false};
  const latest = start === 'resume' ? latestRun(runs) : undefined;
  return {out: latest ?? makeNextRun(runs), isOurs: true};
}

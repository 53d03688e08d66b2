import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {resumeMissingError, usageError} from '@rife-train/errors';
import {loadConfig} from '../config/loadConfig.js';
import type {CommandIo} from '../io.js';
import {createReporter} from '../progress/reporter.js';
import {trainCommandLine} from './commandLine.js';
import {type TrainFlags, withFlags} from './flags.js';
import {checkOut, type Start} from './outFolder.js';
import {train} from './train.js';

/** `rife-train train`. Returns the exit code; throws coded errors. */
export async function runTrain(flags: TrainFlags, io: CommandIo): Promise<number> {
  const {start, flags: run} = planRun(flags, io.cwd);
  const loaded = await loadConfig(io.cwd, run.config);
  const config = withFlags(loaded.config, run, io.cwd);
  checkOut(config.out, start, trainCommandLine(run));
  const reporter = createReporter(io.stdout);
  try {
    return await train({config, start, flags: run, reporter, cwd: io.cwd});
  } finally {
    reporter.close();
  }
}

/** What the flags say about an earlier run. `--resume dir` is `--resume --out dir`. */
function planRun(flags: TrainFlags, cwd: string): {start: Start; flags: TrainFlags} {
  const {resume, fresh, out} = flags;
  if (typeof resume !== 'string') return {start: fresh ? 'fresh' : resume ? 'resume' : 'new', flags};
  if (out !== undefined) throw usageError('"--resume <dir>" and "--out" both name a folder');
  if (!existsSync(join(resolve(cwd, resume), 'checkpoints'))) throw resumeMissingError(resume);
  return {start: 'resume', flags: {...flags, out: resume}};
}

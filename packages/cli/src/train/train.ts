import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {lockLostError} from '@rife-train/errors';
import type {LocatedConfig} from '../config/loadConfig.js';
import {EXIT} from '../exitCodes.js';
import type {Reporter} from '../progress/reporter.js';
import {errorText, isDebug} from '../reportError.js';
import {trainCommandLine} from './commandLine.js';
import type {TrainFlags} from './flags.js';
import {checkOut, prepareOut, type OwnedOut, type Start, undoPrepareOut} from './outFolder.js';
import {nameLatest} from './runFolders.js';
import {RunLog} from './runLog.js';
import {runReplicas} from './runReplicas.js';
import {runTrainer, type RunOutcome} from './runTrainer.js';
import {stopOnSignals, type Stopper} from './stopOnSignals.js';
import {endingText, failureText, shortPath} from './summary.js';

/** A run that is about to start; `out` was checked. */
export interface TrainRequest {
  config: LocatedConfig;
  /** Path of the configuration file. */
  source: string;
  start: Start;
  flags: TrainFlags;
  reporter: Reporter;
  cwd: string;
  /** Its folder is one of several, among which `latest` names one. */
  isLatest: boolean;
}

/** Trains, and tells how it ended. Returns the exit code; throws coded errors. */
export async function train(request: TrainRequest): Promise<number> {
  const {config, start, flags, cwd, isLatest} = request;
  const log = new RunLog();
  const reporter = log.over(request.reporter);
  const command = trainCommandLine(flags, start === 'new' ? '' : ` --${start}`);
  const lost = () => {
    // Another run writes the folder: nothing may be saved any more.
    reporter.message(errorText(lockLostError(config.out), isDebug()));
    process.exit(EXIT.failed);
  };
  let owned: OwnedOut | undefined;
  const stopper = stopOnSignals(reporter, () => owned && undoPrepareOut(config.out, owned));
  try {
    owned = prepareOut(config.out, start, {command, lost});
    // Somebody may have trained here since that was looked at.
    checkOut(config.out, start, trainCommandLine(flags));
    if (owned.moved) reporter.message(`the earlier run is in ${shortPath(owned.moved, cwd)} now`);
    if (isLatest) nameLatest(config.out);
    const outcome = await run({...request, reporter, command}, stopper, log);
    reporter.close();
    if (stopper.failure) throw stopper.failure.error;
    reporter.message(endingText({...outcome, flags, cwd}));
    return outcome.summary.reason === 'finished' ? EXIT.ok : (stopper.exitCode ?? EXIT.ok);
  } catch (error) {
    log.line(errorText(error, isDebug()));
    if (stopper.hasBegun && existsSync(join(config.out, 'checkpoints'))) {
      reporter.close();
      reporter.message(failureText(flags));
    }
    throw error;
  } finally {
    if (owned) undoPrepareOut(config.out, owned);
    stopper.close();
  }
}

/** Here, or in a replica for each device. */
function run(request: TrainRequest & {command: string}, stopper: Stopper, log: RunLog): Promise<RunOutcome> {
  const {config, source, start, flags, reporter, cwd, command} = request;
  const {signal} = stopper;
  const began = () => {
    stopper.begin();
    log.open(join(config.out, 'log.txt'));
  };
  if ((config.devices ?? 1) > 1) return runReplicas({...request, signal, began});
  const extend = flags.extend !== undefined;
  return runTrainer({config, start, extend, reporter, cwd, signal, began, facts: {source, command, cwd}});
}

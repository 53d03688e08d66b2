import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {lockLostError} from '@rife-train/errors';
import {exitNow} from '../endProcess.js';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {createReporter, type Reporter} from '../progress/reporter.js';
import {errorText, isDebug} from '../reportError.js';
import type {TrainFlags} from './flags.js';
import {checkOut, prepareOut, type OwnedOut, undoPrepareOut} from './outFolder.js';
import {placeRun, type PlacedRun} from './place.js';
import {nameLatest} from './runFolders.js';
import {RunLog} from './runLog.js';
import {runReplicas} from './runReplicas.js';
import {runSession} from './session.js';
import {stopOnSignals, type Stopper} from './stopOnSignals.js';
import {endingText, failureText, type RunOutcome, shortPath, trainCommandLine} from './summary.js';

/** `rife-train train`. Returns the exit code; throws coded errors. */
export async function train(given: TrainFlags, {cwd, stdout}: CommandIo): Promise<number> {
  const run = await placeRun(given, cwd);
  const {config, start, flags} = run;
  checkOut(config.out, start, trainCommandLine(flags));
  const terminal = createReporter(stdout);
  const log = new RunLog();
  const reporter = log.over(terminal);
  const command = trainCommandLine(flags, start === 'new' ? '' : ` --${start}`);
  let owned: OwnedOut | undefined;
  const stopper = stopOnSignals(reporter, () => owned && undoPrepareOut(config.out, owned));
  try {
    owned = prepareOut(config.out, start, {
      command,
      lost: () => quitWithoutLock(config.out, reporter),
      remade: () => reporter.message(remadeText(config.out)),
    });
    // Another process may have trained here since the first check.
    checkOut(config.out, start, trainCommandLine(flags));
    if (owned.moved) reporter.message(`the earlier run is in ${shortPath(owned.moved, cwd)} now`);
    if (run.isLatest) nameLatest(config.out);
    const outcome = await trainOnDevices({...run, cwd, command, reporter}, stopper, log);
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
    terminal.close();
  }
}

const remadeText = (out: string) =>
  `warning: ${out} was removed or renamed while this run writes it. It is made again; what was in it is missing`;

/** Another run writes the folder: nothing may be saved any more. */
function quitWithoutLock(out: string, reporter: Reporter): never {
  reporter.message(errorText(lockLostError(out), isDebug()));
  exitNow(EXIT.failed);
}

/** In this process, or on several devices in a replica each. */
function trainOnDevices(
  run: PlacedRun & {cwd: string; command: string; reporter: Reporter},
  stopper: Stopper,
  log: RunLog,
): Promise<RunOutcome> {
  const {config, source, start, flags, reporter, cwd, command} = run;
  const {signal} = stopper;
  const began = () => {
    stopper.begin();
    log.open(join(config.out, 'log.txt'));
  };
  if ((config.devices ?? 1) > 1)
    return runReplicas({config, start, flags, reporter, cwd, command, signal, began});
  const extend = flags.extend !== undefined;
  return runSession({config, start, extend, reporter, cwd, signal, began, facts: {source, command, cwd}});
}

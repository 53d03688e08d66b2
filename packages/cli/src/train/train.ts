import type {LocatedConfig} from '../config/loadConfig.js';
import {EXIT} from '../exitCodes.js';
import type {Reporter} from '../progress/reporter.js';
import type {TrainFlags} from './flags.js';
import {prepareOut, type Start, undoPrepareOut} from './outFolder.js';
import {runReplicas} from './runReplicas.js';
import {runTrainer, type RunOutcome} from './runTrainer.js';
import {stopOnSignals, type Stopper} from './stopOnSignals.js';
import {endingText, shortPath} from './summary.js';

/** A run that is about to start; `out` was checked. */
export interface TrainRequest {
  config: LocatedConfig;
  start: Start;
  flags: TrainFlags;
  reporter: Reporter;
  cwd: string;
}

/** Trains, and tells how it ended. Returns the exit code; throws coded errors. */
export async function train(request: TrainRequest): Promise<number> {
  const {config, start, flags, reporter, cwd} = request;
  const stopper = stopOnSignals(reporter);
  try {
    const moved = prepareOut(config.out, start);
    if (moved) reporter.message(`the earlier run is in ${shortPath(moved, cwd)} now`);
    const outcome = await run(request, stopper).catch((error: unknown) => {
      undoPrepareOut(config.out, moved);
      throw error;
    });
    reporter.close();
    reporter.message(endingText({...outcome, flags, cwd}));
    return outcome.summary.reason === 'finished' ? EXIT.ok : (stopper.exitCode ?? EXIT.ok);
  } finally {
    stopper.close();
  }
}

/** Here, or in a replica for each device. */
function run(request: TrainRequest, stopper: Stopper): Promise<RunOutcome> {
  const {config, start, reporter, cwd} = request;
  const {signal} = stopper;
  const began = () => stopper.begin();
  if ((config.devices ?? 1) > 1) return runReplicas({...request, signal, began});
  return runTrainer({config, start, reporter, cwd, signal, began});
}

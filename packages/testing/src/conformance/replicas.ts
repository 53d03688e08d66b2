/** Checks of training on several devices. */
import {ReplicaGroups} from '../replicaGroups.js';
import {inFolder, type TinyRun} from '../tiny/trainTiny.js';
import {assertSameRun, type Kit} from './kit.js';

const COUNT = 2;
const STEPS = 6;

/** A replica's logs of its own time differ, and are ignored. */
const withoutEffort = (run: TinyRun): TinyRun => ({
  ...run,
  steps: run.steps.map(step => ({
    ...step,
    logs: Object.fromEntries(Object.entries(step.logs).filter(([key]) => !key.startsWith('parallel/'))),
  })),
});

/**
 * Replicas get the same metrics and must reach the same bits and the same state. This check finds a
 * plugin that decides from a clock, from its own random numbers, or from the samples of its replica
 * alone.
 */
export async function decidesAlike(kit: Kit): Promise<void> {
  const runs = await inFolder(out => {
    const groups = new ReplicaGroups(COUNT);
    const ranks = Array.from({length: COUNT}, (_, rank) => rank);
    return Promise.all(
      ranks.map(rank =>
        kit
          .run({out, replicas: groups.of(rank), config: {steps: STEPS, saveEvery: 3, devices: COUNT}})
          .catch((error: unknown) => {
            groups.lose();
            throw error;
          }),
      ),
    );
  });
  const [first, ...others] = runs.map(withoutEffort);
  others.forEach((run, i) => assertSameRun(run, first!, `replica ${i + 1} differs from replica 0`));
}

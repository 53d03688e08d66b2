/** What a step costs in exchanges between replicas. */
import {ReplicaGroups} from '@rife-train/testing';
import type {ReplicaGroup} from '../contract/index.js';
import {makeTrainer, temporaryFolder} from './helpers/harness.js';
import {NumberedBatches} from './helpers/replicas.js';

/** Calls of replica 0 in a run of two replicas. */
async function callsIn(steps: number): Promise<{gather: number; meanOf: number}> {
  const groups = new ReplicaGroups(2);
  const calls = {gather: 0, meanOf: 0};
  const counted = (group: ReplicaGroup): ReplicaGroup => ({
    ...group,
    gather: value => (calls.gather++, group.gather(value)),
    meanOf: (program, names) => (calls.meanOf++, group.meanOf(program, names)),
  });
  const out = temporaryFolder();
  await Promise.all(
    [0, 1].map(rank =>
      makeTrainer({
        out,
        config: {devices: 2, steps, saveEvery: 1000, validateEvery: 0},
        options: {
          replicas: rank === 0 ? counted(groups.of(rank)) : groups.of(rank),
          openBatches: async request => new NumberedBatches(request, () => false, []),
        },
      }).trainer.run(),
    ),
  );
  return calls;
}

test('a step exchanges its stop request, batches, findings and decision, and one mean', async () => {
  const [few, more] = [await callsIn(2), await callsIn(6)];
  expect({gather: (more.gather - few.gather) / 4, meanOf: (more.meanOf - few.meanOf) / 4}).toEqual({
    gather: 4,
    meanOf: 1,
  });
});

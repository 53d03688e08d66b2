/** The clips of a run are part of its state. */
import {rmSync} from 'node:fs';
import path from 'node:path';
import {readdirSync} from 'node:fs';
import {makeTrainer, temporaryFolder, FakeBatches} from './helpers/harness.js';
import {runUntil, tensorsOf} from './helpers/runs.js';

const CLIPS = [
  '001/a: 12 frames of 256 x 256',
  '001/b: 12 frames of 256 x 256',
  '002/c: 9 frames of 64 x 64',
];

/** A trainer whose source names clips. */
function trainerOf(out: string, clips: readonly string[], resume = false) {
  return makeTrainer({
    out,
    config: {steps: 6},
    options: {
      resume,
      openBatches: async request => Object.assign(new FakeBatches(request, () => false, [0.5, 0.5]), {clips}),
    },
  });
}

/** What a run says that goes on with other clips. */
async function goOnWith(clips: readonly string[], between: (out: string) => void = () => {}) {
  const out = temporaryFolder();
  await runUntil(3, trainerOf(out, CLIPS));
  between(out);
  const second = trainerOf(out, clips, true);
  await second.trainer.run();
  return {out, said: second.lines.filter(line => line.includes('the clips differ'))};
}

test('the same clips are no difference', async () => {
  const {out, said} = await goOnWith([...CLIPS]);
  expect(said).toEqual([]);
  expect(readdirSync(path.join(out, 'checkpoints')).filter(name => name.startsWith('clips-'))).toHaveLength(
    1,
  );
});

test.each([
  ['gone', CLIPS.slice(1), /3 before, 2 now: 1 gone \(001\/a\)\. Samples .* from batch 3 on/],
  ['new', [...CLIPS, '003/d: 5 frames of 64 x 64'], /3 before, 4 now: 1 new \(003\/d\)/],
  ['renamed', ['001/A: 12 frames of 256 x 256', ...CLIPS.slice(1)], /1 gone \(001\/a\), 1 new \(001\/A\)/],
  [
    'changed',
    [...CLIPS.slice(0, 2), '002/c: 8 frames of 64 x 64'],
    /1 changed \(002\/c: 9 frames of 64 x 64 -> 8 frames of 64 x 64\)/,
  ],
  ['reordered', [...CLIPS].reverse(), /3 before, 3 now: in another order/],
])('a clip that is %s is named', async (_what, clips, message) => {
  const {said} = await goOnWith(clips);
  expect(said).toEqual([expect.stringMatching(message)]);
});

test('without the list of before, counts are reported', async () => {
  const {said} = await goOnWith(CLIPS.slice(1), out => {
    for (const name of readdirSync(path.join(out, 'checkpoints')))
      if (name.startsWith('clips-')) rmSync(path.join(out, 'checkpoints', name));
  });
  expect(said).toEqual([expect.stringContaining('3 before, 2 now; the list of before is gone')]);
});

test('the list changes no number of the run', async () => {
  const [listed, plain] = [trainerOf(temporaryFolder(), CLIPS), makeTrainer({config: {steps: 6}})];
  await listed.trainer.run();
  await plain.trainer.run();
  expect(tensorsOf(listed.out, 6)).toEqual(tensorsOf(plain.out, 6));
});

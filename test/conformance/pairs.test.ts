/** Two official plugins, and all of them, hold together what each holds alone. `npm run test:slow` has the pairs that are not here. */
import {createEngine} from '@rife-train/engine';
import {conformance, trainTiny, type CheckName} from '@rife-train/testing';
import {CONFIG, NAMES, OTHER_PAIRS, PAIR_CHECKS, PAIRS, pairsHold, pluginsOf} from './support.js';

const ALL_CHECKS: CheckName[] = [
  ...PAIR_CHECKS,
  'leaks nothing',
  'keeps NaN visible in the loss',
  'predicts the same, or says that it does not',
  'can be applied twice',
];

test('every pair is here or there', () => {
  const pairs = [...PAIRS, ...OTHER_PAIRS].map(pair => pair.join(' and '));
  expect(new Set(pairs).size).toBe((NAMES.length * (NAMES.length - 1)) / 2);
  expect(PAIRS).toHaveLength(Math.ceil(NAMES.length / 2));
  for (const name of NAMES) expect([name, PAIRS.some(pair => pair.includes(name))]).toEqual([name, true]);
});

pairsHold(PAIRS);

describe.each([...PAIRS, ...OTHER_PAIRS])('%s beside %s', (...names) => {
  // Captured equals eager: above, and in test/slow.
  if (OTHER_PAIRS.some(pair => pair.join() === names.join()))
    conformance(() => pluginsOf(names), {name: 'in a graph', only: ['trains two steps'], config: CONFIG});

  test('the other way round in the configuration, op by op', async () => {
    const engine = await createEngine({execution: 'eager'});
    const plugins = pluginsOf([...names].reverse());
    const {steps, variables} = await trainTiny({engine, plugins, config: {...CONFIG, steps: 2}});
    expect(steps.map(({updated, gradNorm}) => [updated, gradNorm > 0])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect([...variables].filter(([, values]) => !values.every(Number.isFinite))).toEqual([]);
  });
});

conformance(() => pluginsOf(NAMES), {name: NAMES.join(' and '), only: ALL_CHECKS, config: CONFIG});

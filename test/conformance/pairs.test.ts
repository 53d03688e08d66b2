/** Two official plugins, and all of them, hold together what each holds alone. `npm run test:slow` has the pairs that are not here. */
import {conformance, type CheckName} from '@rife-train/testing';
import {NAMES, OTHER_PAIRS, PAIR_CHECKS, PAIRS, pairsHold, pluginsOf} from './support.js';

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
conformance(() => pluginsOf(NAMES), {name: NAMES.join(' and '), only: ALL_CHECKS});

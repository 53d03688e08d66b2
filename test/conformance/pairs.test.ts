/**
 * All official plugins together meet the requirements of each one, and every two of them train. The
 * full checks of every two: `npm run test:slow`.
 */
import {createEngine} from '@rife-train/engine';
import {conformance, trainTiny, type CheckName} from '@rife-train/testing';
import {CONFIG, NAMES, PAIR_CHECKS, PAIRS, pluginsOf} from './support.js';

const ALL_CHECKS: CheckName[] = [
  ...PAIR_CHECKS,
  'leaks nothing',
  'keeps NaN visible in the loss',
  'predicts the same, or says that it does not',
  'can be applied twice',
];

test.each(PAIRS)('%s after %s in the configuration, op by op', async (a, b) => {
  const engine = await createEngine({execution: 'eager'});
  const {steps, variables} = await trainTiny({
    engine,
    plugins: pluginsOf([b, a]),
    config: {...CONFIG, steps: 2},
  });
  expect(steps.map(({updated, gradNorm}) => [updated, gradNorm > 0])).toEqual([
    [true, true],
    [true, true],
  ]);
  expect([...variables].filter(([, values]) => !values.every(Number.isFinite))).toEqual([]);
});

conformance(() => pluginsOf(NAMES), {name: NAMES.join(' and '), only: ALL_CHECKS, config: CONFIG});

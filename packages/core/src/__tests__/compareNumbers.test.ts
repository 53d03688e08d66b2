/** Is a replayed step the recorded one? */
import {compareNumbers} from '../inspect/replay.js';
import type {FlightRecord} from '../index.js';

const NOW = {loss: 0.1 + 0.2, terms: {teacher: 0.5, root: NaN}, gradNorm: Infinity, maxFlow: 3};
/** As it comes from record.json. */
const recorded = (changes: Partial<FlightRecord> = {}) =>
  ({
    loss: 0.30000000000000004,
    terms: {teacher: 0.5, root: 'NaN'},
    gradNorm: 'Infinity',
    maxFlow: 3,
    ...changes,
  }) as FlightRecord;

test('the same numbers are the same, also those that JSON lacks', () => {
  expect(compareNumbers(recorded(), NOW)).toEqual({
    isSame: true,
    differences: [],
    finite: {recorded: 3, same: 3},
  });
  const zero = compareNumbers(recorded({maxFlow: 0}), {...NOW, maxFlow: -0});
  expect(zero.isSame).toBe(true);
});

test.each([
  ['loss', {loss: 0.3}],
  ['term teacher', {terms: {teacher: 0.5000001, root: 'NaN'}}],
  ['term root', {terms: {teacher: 0.5, root: 'Infinity'}}],
  ['gradient norm', {gradNorm: '-Infinity'}],
  ['largest |flow|', {maxFlow: 3.0000000000000004}],
  ['term extra', {terms: {teacher: 0.5, root: 'NaN', extra: 1}}],
  ['term root', {terms: {teacher: 0.5}}],
])('one that differs is named: %s', (name, changes) => {
  const {isSame, differences} = compareNumbers(recorded(changes), NOW);
  expect({isSame, differences}).toEqual({isSame: false, differences: [name]});
});

test('a loss of NaN in both does not hide that the rest is another', () => {
  const {isSame, finite} = compareNumbers(recorded({loss: 'NaN'}), {...NOW, loss: NaN, maxFlow: 4});
  expect(isSame).toBe(false);
  expect(finite).toEqual({recorded: 2, same: 1});
});

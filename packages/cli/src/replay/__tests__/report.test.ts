/** What `rife-train replay` prints. */
import type {Examination, FlightRecord, OpFinding, Replay} from '@rife-train/core';
import {replayLines} from '../report.js';

const RECORD = {
  kind: 'not finite',
  reason: 'a number that is not finite',
  step: 7,
  steps: 9,
  batches: [{names: ['clip 1-2-3'], gap: [1], timestep: [0.5]}],
  loss: 'NaN',
  terms: {teacher: 0.5},
  gradNorm: 'NaN',
  maxFlow: 3,
} as unknown as FlightRecord;
const REPLAY: Replay = {
  record: RECORD,
  loss: NaN,
  terms: {teacher: 0.5},
  gradNorm: NaN,
  maxFlow: 3,
  isFinite: false,
  isSame: true,
  differences: [],
  finite: {recorded: 2, same: 2},
  changes: [],
  examination: undefined,
};
const report = (changes: Partial<Replay> = {}) => replayLines({...REPLAY, ...changes}).join('\n');

const finding = (op: string, scope: string): OpFinding => ({
  ...{op, scope, inputs: [], largestInput: 2, fromOutside: false},
});
const EXAMINATION: Examination = {
  ...{microStep: 0, others: [], brokenVariables: [], gradNorms: {}, flows: {}},
};

test('of a loss that is NaN in both it is reported that this shows nothing, and how much else is the same', () => {
  expect(report()).toContain(
    'The loss is the recorded one, bit for bit. So are its terms, the gradient norm and the largest |flow|.\n' +
      'By itself a loss of NaN in both shows nothing: of the 2 recorded numbers that are finite, 2 came out again.',
  );
  expect(report({differences: ['term teacher'], isSame: false, finite: {recorded: 2, same: 1}})).toContain(
    'The loss is the recorded one, bit for bit. Not as recorded: term teacher.\n' +
      'By itself a loss of NaN in both shows nothing: of the 2 recorded numbers that are finite, 1 came out again.',
  );
  expect(report({finite: {recorded: 0, same: 0}})).toContain('none of the recorded numbers is finite');
});

test('of a loss that is finite it is not', () => {
  const finite = {...REPLAY, loss: 1, record: {...RECORD, loss: 1}};
  expect(report(finite)).toContain('The loss is the recorded one, bit for bit. So are');
  expect(report(finite)).not.toContain('shows nothing');
  expect(report({...finite, isSame: false, differences: ['loss', 'term teacher']})).toContain(
    'The loss is not the recorded one. Not as recorded: loss, term teacher.',
  );
});

test('what a step comes from is listed, with what came from outside, and what the update breaks', () => {
  const source = 'variable "block1.conv.weight"';
  const text = report({
    examination: {
      ...EXAMINATION,
      first: {...finding('Conv2D', 'block1'), fromOutside: true, source},
      others: [finding('Log', 'loss distill')],
      update: {
        first: finding('Square', 'AdamW'),
        others: [finding('Div', 'plugin a, hook gradients')],
        brokenVariables: ['adam.v/x'],
      },
    },
  });
  expect(text).toContain(`Op by op: Conv2D in "block1" was given a number that is not finite: ${source}`);
  expect(text).toContain(
    '  it comes from here, too: Log in "loss distill" gave the first number that is not finite (largest input 2)',
  );
  expect(text).toMatch(/The update, op by op: Square in "AdamW" gave .*; not finite after it: adam\.v\/x/);
  expect(text).toContain('  it comes from here, too: Div in "plugin a, hook gradients"');
});

test('without anything to report, the step is said to be finite op by op', () => {
  expect(report({examination: EXAMINATION})).toContain(
    'Op by op: run op by op, loss and gradients are finite',
  );
  expect(report({examination: {...EXAMINATION, update: {others: [], brokenVariables: []}}})).toContain(
    'The update, op by op: weights and moments are finite after it',
  );
});

test('numbers have two blanks between them, however long they are', () => {
  const text = report({
    gradNorm: 1.55664e29,
    record: {...RECORD, gradNorm: 1.55664e29, terms: {teacher: 5e-7}},
  });
  expect(text).toMatch(/^ {2}gradient norm +1\.55664e\+29 {2,}1\.55664e\+29$/m);
  expect(text).toMatch(/^ {2}teacher +5\.00000e-7 {2,}0\.5$/m);
  const lines = text
    .split('\n')
    .filter(line => /recorded +now$|^ {2}(loss|teacher|gradient|largest) /.test(line));
  expect(lines.length).toBe(5);
  expect(new Set(lines.map(line => line.length)).size).toBe(1);
});

test('a term that a plugin left out stands there, too', () => {
  expect(report({terms: {}})).toMatch(/^ {2}teacher +0\.5 +-$/m);
});

test('a place is reported once, however many ops of it are not finite', () => {
  const sqrt = finding('Sqrt', 'plugin a:b');
  const text = report({
    examination: {
      ...EXAMINATION,
      first: sqrt,
      others: [sqrt, finding('Log', 'unet'), finding('Log', 'unet')],
    },
  });
  expect(text.match(/it comes from here, too/g)).toHaveLength(1);
  expect(text).toContain('it comes from here, too: Log in "unet"');
});

test('another configuration than the recorded one is reported', () => {
  expect(report({changes: ['optim.weightDecay: 0.001 -> 0']})).toContain(
    "warning: the configuration differs from the record's: optim.weightDecay: 0.001 -> 0",
  );
});

import {printable} from '@rife-train/errors';
import {printableOutput} from '../io';
import {createReporter} from '../progress/reporter';

function terminal() {
  const written: string[] = [];
  const output = printableOutput({isTTY: true, columns: 80, write: (text: string) => written.push(text)});
  return {written, output};
}

test('text cannot steer the terminal, and keeps its lines', () => {
  const {written, output} = terminal();
  output.write('clip "\u001b[2Ja\u0007"\nnext\n');
  expect(written).toEqual(['clip "?[2Ja?"\nnext\n']);
  expect(output).toMatchObject({isTTY: true, columns: 80});
});

test('a name has no line ends, and no signs that turn text round', () => {
  expect(printable('a\u001b]0;owned\u0007\u009b31m\r\n\tb')).toBe('a?]0;owned??31m???b');
  expect(printable('left\u202eright\u2028')).toBe('left?right?');
  expect(printable('Überraschung 100 %, 漢字')).toBe('Überraschung 100 %, 漢字');
});

test('the progress is still redrawn', () => {
  const {written, output} = terminal();
  const reporter = createReporter(output, () => 0);
  const view = {
    ...{
      done: 1,
      steps: 2,
      loss: 1,
      terms: {'\u001b[2J': 1, 'a\nb': 1},
      learningRate: 1,
      minGap: 1,
      maxGap: 1,
    },
    ...{imagesPerSecond: NaN, etaMs: NaN, skipped: 0},
  };
  reporter.progress(view as Parameters<typeof reporter.progress>[0]);
  reporter.message('warning: \u001b[2J');
  expect(written[0]).toContain('?[2J 1.00  a?b 1.00');
  expect(written.slice(1, 3)).toEqual(['\u001b[2A\r\u001b[J', 'warning: ?[2J\n']);
});

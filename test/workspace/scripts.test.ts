/** The pure parts of scripts/: their arguments, counts and output. */
import {callScript as call, evalScript} from './callScript.js';

describe('setup', () => {
  test.each(['20.19.0', '20.20.2', '22.12.0', '22.20.1'])('takes Node %s', version => {
    expect(call('setup.mjs', 'checkNode', version)).toBeNull();
  });

  test.each(['18.20.0', '20.18.3', '21.7.0', '22.11.0', '23.0.0', '24.1.0'])('refuses Node %s', version => {
    const expected = `This is Node ${version}, but rife-train needs Node 20 (20.19 or newer) or Node 22`;
    expect(call('setup.mjs', 'checkNode', version)).toEqual({thrown: expect.stringContaining(expected)});
  });

  const lock = {
    packages: {
      '': {version: '0.1.0'},
      'packages/core': {version: '0.1.0'},
      'node_modules/jest': {version: '30.0.0'},
      'node_modules/@swc/core-darwin-x64': {version: '1.0.0', optional: true},
      'node_modules/@rife-train/core': {resolved: 'packages/core', link: true},
    },
  };
  const linked = {'node_modules/@rife-train/core': {link: true}};

  test.each([
    ['the same versions', {...linked, 'node_modules/jest': {version: '30.0.0'}}, true],
    ['another version', {...linked, 'node_modules/jest': {version: '29.0.0'}}, false],
    ['a package too few', linked, false],
    ['a workspace that is not linked', {'node_modules/jest': {version: '30.0.0'}}, false],
  ])('node_modules with %s', (_what, packages, matches) => {
    expect(call('setup.mjs', 'installedMatches', lock, {packages})).toBe(matches);
  });

  test('node_modules of an install that was broken off', () => {
    expect(call('setup.mjs', 'installedMatches', lock)).toBe(false);
  });
});

describe('status', () => {
  /** Output of `calls` that use a status and a clock `ms`, which they may advance. */
  const written = (output: object, calls: string) =>
    evalScript(
      'status.mjs',
      `(() => {
        let ms = 0, text = '';
        const output = {...${JSON.stringify(output)}, write: part => (text += part)};
        const {say, show, clear} = exports.createStatus('setup: ', output, () => ms);
        ${calls};
        return text;
      })()`,
    ) as string;

  test('a log gets a state after 5 s, then after 10, and so on; each other line starts that anew', () => {
    const calls = `for (ms = 1000; ms <= 40_000; ms += 1000) show('at ' + ms / 1000); clear(); say('done'); ms += 5000; show('next')`;
    const lines = ['at 5', 'at 15', 'at 35', 'done', 'next'];
    expect(written({}, calls)).toBe(lines.map(line => `setup: ${line}\n`).join(''));
  });

  test('an hour is some 60 lines of a log', () => {
    const lines = written({}, 'for (; ms < 3_600_000; ms += 500) show("x")').trim().split('\n').length;
    expect(lines).toBeGreaterThan(55);
    expect(lines).toBeLessThan(65);
  });

  test('a terminal has one line redrawn, never wider than it is, and wiped before another', () => {
    expect(written({isTTY: true, columns: 12}, `show('1 of 16'); show('2 of 16'); say('done')`)).toBe(
      '\rsetup: 1 of\x1b[K\rsetup: 2 of\x1b[K\r\x1b[Ksetup: done\n',
    );
  });
});

describe('start', () => {
  const config = ['train', '--config', 'examples/quickstart/rife.config.ts'];

  test.each([
    [[], ['--fresh']],
    [
      ['--steps', '5'],
      ['--fresh', '--steps', '5'],
    ],
    [['--resume'], ['--resume']],
    [['-r'], ['-r']],
    [['--resume=runs/x'], ['--resume=runs/x']],
    [['--fresh'], ['--fresh']],
    [['--help'], ['--help']],
  ])('passes %j on as %j', (args, passed) => {
    expect(call('start.mjs', 'trainArguments', args)).toEqual([...config, ...passed]);
  });
});

describe('test', () => {
  const report = {
    numPassedTests: 7,
    numFailedTests: 0,
    numRuntimeErrorTestSuites: 0,
    numPendingTests: 0,
    numTodoTests: 0,
  };

  test.each([
    ['all passed', 0, report, {passed: 7, failed: 0, skipped: 0}],
    ['some failed', 1, {...report, numFailedTests: 2}, {passed: 7, failed: 2, skipped: 0}],
    [
      'a suite did not load',
      1,
      {...report, numRuntimeErrorTestSuites: 1},
      {passed: 7, failed: 1, skipped: 0},
    ],
    ['jest failed for another reason', 1, report, {passed: 7, failed: 1, skipped: 0}],
    [
      'some were skipped',
      0,
      {...report, numPendingTests: 1, numTodoTests: 1},
      {passed: 7, failed: 0, skipped: 2},
    ],
    ['there is no report', 1, undefined, {passed: 0, failed: 1, skipped: 0}],
  ])('counts when %s', (_what, code, given, counts) => {
    expect(call('test.mjs', 'jestCounts', code, given)).toEqual(counts);
  });

  test.each([
    [{passed: 7, failed: 0, skipped: 0}, '7 passed, 0 failed'],
    [{passed: 7, failed: 2, skipped: 3}, '7 passed, 2 failed, 3 skipped'],
  ])('ends with one line', (counts, line) => {
    expect(call('test.mjs', 'summary', counts)).toBe(line);
  });
});

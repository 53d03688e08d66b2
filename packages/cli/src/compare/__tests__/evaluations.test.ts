import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {main} from '../../program.js';
import {rowOf} from './table.js';

let cwd: string;
// Loading takes longer than a test may on a busy machine.
beforeAll(() => import('../evaluations.js'), 60_000);
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'rife-compare-'))));
afterEach(() => rmSync(cwd, {recursive: true, force: true}));

async function compare(...argv: string[]) {
  const texts = {out: '', err: ''};
  const code = await main(['compare', ...argv], {
    cwd,
    stdout: {write: text => (texts.out += text)},
    stderr: {write: text => (texts.err += text)},
  });
  return {code, ...texts};
}

/** Frames p0, p1 ... of two groups, with these values of PSNR. */
function writeEvaluation(name: string, psnr: readonly (number | string)[], identity: object = {}) {
  const frames = psnr.map((value, i) => ({
    pair: `p${i}`,
    target: `t${i}`,
    group: i % 2 === 0 ? 'even' : 'odd',
    part: '',
    t: 0.5,
    gap: 1,
    motion: 3,
    scores: {network: {psnr: value}, mean: {psnr: 20}},
  }));
  const result = {
    title: 'Vimeo90K',
    identity: {
      set: 'vimeo90k',
      files: 'f1f1',
      protocol: 'rife',
      version: '0.1.0',
      network: {name: 'IFNet', file: `${name}.pkl`, sha256: `${name}123456789abcdef`},
      options: {tta: false},
      machine: {node: 'v20'},
      ...identity,
    },
    protocol: {name: 'rife', source: 's', metrics: ['psnr'], facts: [], mean: 'frames'},
    frames,
  };
  mkdirSync(join(cwd, name));
  writeFileSync(join(cwd, name, 'result.json'), JSON.stringify(result));
}

test('means, and the paired difference from the first with its interval', async () => {
  writeEvaluation('a', [30, 31, 32, 33]);
  writeEvaluation('b', [31, 31.5, 33, 33.5], {options: {tta: true}});
  const {code, out, err} = await compare('a', 'b', '--html', 'page.html', '--json', 'all.json');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('Vimeo90K, protocol rife');
  expect(rowOf(out, 'psnr')).toEqual(['31.50', '32.25']);
  expect(rowOf(out, "psnr, inputs' mean")).toEqual(['20.00', '20.00']);
  // Groups: +1 in every even frame, +0.5 in every odd one, so a resample has a mean in 0.5..1.
  expect(rowOf(out, 'psnr minus a')).toEqual(['-', '+0.750 [+0.500, +1.000], better in 4 of 4']);
  expect(rowOf(out, 'tta')).toEqual(['false', 'true']);
  expect(JSON.parse(readFileSync(join(cwd, 'all.json'), 'utf8'))).toMatchObject({
    kind: 'evaluations',
    paired: [{name: 'b', minus: 'a', metric: 'psnr', mean: 0.75, interval: [0.5, 1], frames: 4, better: 4}],
  });
  expect(readFileSync(join(cwd, 'page.html'), 'utf8')).toContain(
    '<td>+0.750 [+0.500, +1.000], better in 4 of 4</td>',
  );
});

test('frames of only one, and infinite scores, are left out of the difference and named', async () => {
  writeEvaluation('a', ['Infinity', 31, 32]);
  writeEvaluation('b', [31, 30, 33, 40]);
  const {out} = await compare('a', 'b');
  expect(rowOf(out, 'psnr minus a')![1]).toBe('+0.000 [-1.000, +1.000], better in 1 of 2');
  expect(rowOf(out, 'psnr')).toEqual(['Infinity', '33.50']);
  expect(out).toContain('1 frames are scored in only one of a and b');
  expect(out).toContain('1 frames are left out of the difference in psnr of b: a score is infinite');
});

test.each([
  ['set', 'xtest-4k'],
  ['protocol', 'ema-vfi'],
  ['files', 'f2f2'],
])('another %s is refused', async (what, value) => {
  writeEvaluation('a', [30]);
  writeEvaluation('b', [31], {[what]: value});
  const {code, err} = await compare('a', 'b');
  expect(code).toBe(2);
  expect(err).toContain(`"${what}" is`);
  expect(err).toContain('RIFE_ERR_CLI_COMPARE_MIXED');
});

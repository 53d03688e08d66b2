import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {main} from '../../program.js';
import {rowOf} from './table.js';

let cwd: string;
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'rife-compare-'))));
afterEach(() => rmSync(cwd, {recursive: true, force: true}));

async function compare(argv: readonly string[], terminal: {isTTY?: boolean; columns?: number} = {}) {
  const texts = {out: '', err: ''};
  const code = await main(['compare', ...argv], {
    cwd,
    stdout: {write: text => (texts.out += text), ...terminal},
    stderr: {write: text => (texts.err += text)},
  });
  return {code, ...texts};
}

function write(name: string, ...lines: object[]): void {
  mkdirSync(dirname(join(cwd, name)), {recursive: true});
  writeFileSync(join(cwd, name), lines.map(line => `${JSON.stringify(line)}\n`).join(''));
}

interface RunShape {
  steps?: number;
  psnr?: number;
  baseline?: number | undefined;
  data?: object;
  plugins?: object[];
  more?: object[];
}

/** A run of 8 steps that was validated at 4 and 8. */
function writeRun(
  name: string,
  {steps = 8, psnr = 25, baseline = 30, data, plugins, more = []}: RunShape = {},
) {
  const config = {
    data: {root: '/clips', gaps: [1, 2], ...data},
    model: {name: 'IFNet'},
    steps: 8,
    devices: 1,
    out: name,
  };
  write(
    `${name}/run.jsonl`,
    {
      event: 'start',
      versions: {'rife-train': '0.1.0', engine: 'TensorFlow 2.21.0 (captured), cpu'},
      config,
      plugins: plugins ?? [],
      clips: {count: 4, sha256: '0123456789'},
    },
    {event: 'end', reason: 'finished'},
  );
  const step = (n: number) => ({
    step: n,
    learningRate: 1e-3,
    loss: 8 - n,
    terms: {},
    gradNorm: 1,
    updated: true,
    stepMs: 100,
    perSample: [[1, 0.5, 1]],
  });
  const validated = (n: number, score: number) => ({
    event: 'validate',
    step: n,
    scores: {psnr: score},
    ...(baseline !== undefined && {baselines: {psnr: baseline}}),
  });
  const all = Array.from({length: steps}, (_, n) => step(n));
  write(
    `${name}/metrics.jsonl`,
    ...all.slice(0, 4),
    validated(4, psnr - 1),
    ...all.slice(4),
    validated(8, psnr),
    ...more,
  );
}

test('facts, scores and curves stand beside each other', async () => {
  writeRun('a');
  writeRun('b', {psnr: 26.5, data: {gaps: [1, 8]}, plugins: [{name: 'rife:recover', options: {every: 50}}]});
  const {code, out, err} = await compare(['a', 'b']);
  expect([code, err]).toEqual([0, '']);
  const rows = {
    network: ['IFNet', 'IFNet'],
    ended: ['finished', 'finished'],
    devices: ['1 x cpu', '1 x cpu'],
    'steps done': ['8 of 8', '8 of 8'],
    'examples seen': ['8', '8'],
    'images/s, median': ['10.0', '10.0'],
    'learning rate, last': ['1.0e-3', '1.0e-3'],
    'loss, last 100 steps': ['4.50 (8)', '4.50 (8)'],
    'psnr, best': ['25.00 at 8', '26.50 at 8'],
    "psnr, inputs' mean": ['30.00', '30.00'],
    'data.gaps': ['[1,2]', '[1,8]'],
    'plugins.rife:recover': ['-', 'used'],
    'plugins.rife:recover.every': ['-', '50'],
  };
  for (const [label, cells] of Object.entries(rows))
    expect([label, rowOf(out, label)]).toEqual([label, cells]);
  expect(out).toContain(
    'losses are not comparable where they are of other clips, gaps or terms: data.gaps, plugins.rife:recover',
  );
  expect(out).not.toMatch(/^(out|steps) {2}/m);
  // Both curves begin at step 0 with the highest loss, and fall to the lowest.
  expect(out).toMatch(/^loss +(█[▁▂▃▄▅▆▇█]+▁) +\1$/m);
});

test('scores of other triplets are marked: the inputs then have another score', async () => {
  writeRun('a');
  writeRun('b', {baseline: 31});
  writeRun('c', {baseline: 30 + 1e-9});
  const {out} = await compare(['a', 'b', 'c']);
  expect(rowOf(out, 'psnr, last')).toEqual(['25.00', '25.00 *', '25.00']);
  expect(out).toContain(
    '* psnr of b is of other validation triplets than that of a, and not comparable with it',
  );
});

test('without scores of the inputs the options tell', async () => {
  for (const [name, gaps] of [
    ['a', [1, 2]],
    ['b', [1, 4]],
    ['c', [1, 2]],
  ] as const) {
    writeRun(name, {data: {gaps}});
    const file = join(cwd, name, 'metrics.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(',"baselines":{"psnr":30}', ''));
  }
  const {out} = await compare(['a', 'b', 'c']);
  expect(rowOf(out, 'psnr, last')).toEqual(['25.00', '25.00 *', '25.00']);
});

test('a narrow terminal gets several tables', async () => {
  for (const name of ['a', 'b', 'c']) writeRun(name);
  const {out} = await compare(['a', 'b', 'c'], {isTTY: true, columns: 72});
  expect(
    Math.max(
      ...out
        .split('\n')
        .slice(0, 40)
        .map(line => line.length),
    ),
  ).toBeLessThanOrEqual(72);
  expect(out.match(/^network/gm)).toHaveLength(2);
});

test('a run that goes on, or was killed, has no end; one without a record says so', async () => {
  writeRun('a');
  write('a/run.jsonl', {event: 'start', config: {steps: 8}});
  writeRun('b');
  rmSync(join(cwd, 'b/run.jsonl'));
  write('b/checkpoints/step-00000004/state.json', {config: {steps: 9}, model: {options: {name: 'IFNet_m'}}});
  write('b/checkpoints/step-00000002/state.json', {config: {steps: 1}});
  writeRun('c');
  rmSync(join(cwd, 'c/run.jsonl'));
  const {out} = await compare(['a', 'b', 'c']);
  expect(rowOf(out, 'ended')).toEqual(['no (running, or killed)', '-', '-']);
  expect(rowOf(out, 'network')).toEqual(['-', 'IFNet_m', '-']);
  expect(rowOf(out, 'steps')).toEqual(['8', '9', '?']);
  expect(out).toContain('b: run.jsonl is missing: options are those of its checkpoint');
  expect(out).toContain('c: its configuration is not recorded');
});

test('the page has curves, events and titles, loads nothing, and escapes names', async () => {
  writeRun('a', {more: [{event: 'rollback', step: 8, to: 6}]});
  writeRun('<b>&', {baseline: 31});
  const {code} = await compare(['a', '<b>&', '--html', 'page.html']);
  expect(code).toBe(0);
  const page = readFileSync(join(cwd, 'page.html'), 'utf8');
  expect(page).not.toMatch(/<b>&(?!amp)|<script|https?:|src=|NaN|undefined/);
  expect(page).toContain('&lt;b&gt;&amp; (other triplets)');
  expect(page).toMatch(/class="mark r0"[^>]*><title>a: rollback at step 8\n&quot;to&quot;:6</);
  expect(page).toMatch(/class="strip"[^>]*><title>a: 24\.00 at step 4\n&lt;b&gt;&amp;: 24\.00 at step 4</);
  expect(page).toContain('class="line r1 apart"');
  for (const title of ['Loss', 'Validation: psnr', 'Learning rate', 'Gradient norm'])
    expect(page).toContain(`<b>${title}`);
  expect(page.match(/<svg/g)!.length).toBe(page.match(/<\/svg>/g)!.length);
  expect(page).toContain('prefers-color-scheme:dark');
});

test('--json has everything', async () => {
  writeRun('a');
  writeRun('b', {baseline: 31});
  await compare(['a', 'b', '--json', 'all.json']);
  const all = JSON.parse(readFileSync(join(cwd, 'all.json'), 'utf8')) as {runs: object[]};
  expect(all).toMatchObject({format: 'rife-train/compare', version: 1, kind: 'runs', differences: []});
  expect(all.runs[1]).toMatchObject({
    name: 'b',
    steps: 8,
    lastLoss: {mean: 4.5, count: 8},
    lowestLoss: null,
    recorded: {end: 'finished', options: {'data.gaps': [1, 2]}},
    scores: [
      {name: 'psnr', best: 25, bestStep: 8, baseline: 31, comparable: false, points: [{step: 4}, {step: 8}]},
    ],
    curves: {loss: expect.arrayContaining([{step: 7, mean: 1, min: 1, max: 1, count: 1}])},
  });
});

test('names are the shortest that tell runs apart; a link has the name of its run', async () => {
  for (const name of ['x/run', 'y/run', 'z']) writeRun(name);
  symlinkSync('z', join(cwd, 'latest'));
  expect((await compare(['x/run', 'y/run', 'latest'])).out).toMatch(/^ +x\/run +y\/run +z$/m);
});

test.each([
  [['a'], 'takes 2 to 8 folders, but got 1', 2],
  [['a', './a'], '"./a" names a folder that is named already', 2],
  [['a', 'none'], 'it does not exist', 4],
  [['a', 'a/checkpoints'], 'it is part of the run a', 4],
  [['a', 'empty'], 'its metrics.jsonl holds no step', 4],
  [['a', 'torn'], 'its metrics.jsonl holds no step', 4],
  [['a', 'folder'], "metrics.jsonl can't be read", 4],
  [['a', 'eval'], 'a holds a run, and', 2],
  [['eval', 'eval2'], 'it is no result of "rife-train eval"', 4],
  [['a', 'b', '--json', 'none/x.json'], "none/x.json can't be written", 2],
  [['a', 'b', '--json', 'x', '--html', 'x'], 'name the same file', 2],
])('%j is an error', async (argv, message, code) => {
  writeRun('a');
  writeRun('b');
  mkdirSync(join(cwd, 'a/checkpoints'));
  write('empty/metrics.jsonl');
  mkdirSync(join(cwd, 'folder/metrics.jsonl'), {recursive: true});
  mkdirSync(join(cwd, 'torn'));
  writeFileSync(join(cwd, 'torn/metrics.jsonl'), '{"step":0,"lo');
  write('eval/result.json', {});
  write('eval2/result.json', {});
  const {code: exit, out, err} = await compare(argv);
  expect([exit, out]).toEqual([code, '']);
  expect(err).toContain(message);
});

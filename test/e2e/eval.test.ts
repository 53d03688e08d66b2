/** `rife-train eval`: a set in, scores out; goes on after a kill; sets during training. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {smallNetwork} from './clips';
import {CLIPS, Project, ROOT, runAlone, runCli, startCli} from './support';

const FRAMES = join(ROOT, 'packages/data/src/__tests__/fixtures/clip128');

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

/** A tree of Middlebury's layout with some of its scenes, from the frames of one clip. */
async function middlebury(scenes: readonly string[]): Promise<void> {
  const crop = {left: 0, top: 0, width: 72, height: 56};
  for (const [i, scene] of scenes.entries()) {
    const cut = (frame: number) =>
      sharp(join(FRAMES, `000${i + frame}.png`))
        .extract(crop)
        .png()
        .toBuffer();
    project.write(`set/other-data/${scene}/frame10.png`, await cut(0));
    project.write(`set/other-data/${scene}/frame11.png`, await cut(2));
    project.write(`set/other-gt-interp/${scene}/frame10i11.png`, await cut(1));
  }
}

const resultOf = (folder: string) =>
  JSON.parse(readFileSync(project.path(folder, 'result.json'), 'utf8')) as {
    identity: {machine: {engine: string}};
    frames: {target: string; scores: {network: Record<string, number>}}[];
  };
const evaluated = (...args: string[]) => runCli(project.folder, ['eval', ...args]);

test('a subset of Middlebury by two protocols; a second command finds the scores; other weights are refused', async () => {
  await middlebury(['Beanbags', 'DogDance']);
  const weights = await smallNetwork(project, 'IFNet');
  const args = ['middlebury', '--root', 'set', '--weights', weights, '--out', 'scores'];
  const first = await evaluated(...args);
  expect(first).toMatchObject({code: 0, stderr: ''});
  expect(first.stdout).toMatch(/subset: 2 .* 2 of 12 frames/);
  expect(first.stdout).toMatch(/mean of inputs +\d/);
  const page = readFileSync(project.path('scores/index.html'), 'utf8');
  expect(page).toContain('data:image/webp;base64,');
  const {frames} = resultOf('scores');
  expect(frames.map(({target}) => target)).toEqual([
    expect.stringContaining('Beanbags'),
    expect.stringContaining('DogDance'),
  ]);
  expect(readFileSync(project.path('scores/frames.csv'), 'utf8').trim().split(/\r?\n/)).toHaveLength(3);

  const again = await evaluated(...args);
  expect(again.stdout).toContain('2 pairs are scored already, 0 are left');
  expect(resultOf('scores').frames).toEqual(frames);

  const rife = await evaluated(...args.slice(0, -1), 'ie', '--protocol', 'rife');
  expect(rife.stdout).toMatch(/zeros at the\s+right and bottom, to 480 x 640/);
  // The zeros around are other ones, and so are the frames.
  expect(resultOf('ie').frames[0]!.scores.network).not.toEqual(frames[0]!.scores.network);

  const other = await smallNetwork(project, 'IFNet_m');
  const refused = await evaluated(...args.slice(0, 4), other, '--out', 'scores');
  expect(refused).toMatchObject({code: 2, stderr: expect.stringContaining('RIFE_ERR_EVAL_EXISTS')});
});

test('killed, the same command goes on, and the scores are those of an uninterrupted one', async () => {
  const weights = await smallNetwork(project, 'IFNet');
  const args = [
    'eval',
    '--root',
    CLIPS,
    '--weights',
    weights,
    '--gaps',
    '1,2',
    '--per-gap',
    '6',
    '--crop',
    '64',
  ];
  const run = startCli(project.folder, [...args, '--out', 'killed']);
  const file = project.path('killed/frames.jsonl');
  const pairs = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 2 : 0);
  await new Promise<void>(resolve => {
    const timer = setInterval(() => {
      if (pairs() < 2 && run.child.exitCode === null) return;
      clearInterval(timer);
      run.child.kill('SIGKILL');
      resolve();
    }, 5);
  });
  await run.ended;
  // As if the kill had cut a line.
  writeFileSync(file, readFileSync(file, 'utf8') + '{"frames":[{"pai');
  const resumed = await runAlone(project.folder, [...args, '--out', 'killed']);
  expect(resumed).toMatchObject({code: 0, stderr: ''});
  expect(resumed.stdout).toMatch(/\d+ pairs are scored already/);
  const whole = await runCli(project.folder, [...args, '--out', 'whole', '--workers', '1']);
  expect(whole).toMatchObject({code: 0, stderr: ''});
  expect(resultOf('killed').frames).toEqual(resultOf('whole').frames);
  expect(resultOf('whole').frames).toHaveLength(12);
});

test('a result names the engine by its description, also where notes are printed after it', async () => {
  await middlebury(['Beanbags']);
  const weights = await smallNetwork(project, 'IFNet');
  const args = ['middlebury', '--root', 'set', '--weights', weights, '--out', 'scores'];
  const {code, stdout} = await evaluated(...args, '--precision', 'bf16');
  expect(code).toBe(0);
  const {engine} = resultOf('scores').identity.machine;
  expect(engine).toMatch(/^TensorFlow \d/);
  expect(stdout.split('\n').filter(line => line === engine)).toHaveLength(1);
});

test('two devices share the pairs, two networks stand side by side', async () => {
  await middlebury(['Beanbags', 'DogDance', 'Venus']);
  const [weights, other] = [await smallNetwork(project, 'IFNet'), await smallNetwork(project, 'IFNet_m')];
  const args = ['middlebury', '--root', 'set', '--weights', weights, '--against', other];
  const one = await evaluated(...args, '--out', 'one');
  expect(one).toMatchObject({code: 0, stderr: ''});
  expect(one.stdout).toMatch(/against: IFNet_m/);
  const two = await evaluated(...args, '--out', 'two', '--devices', '2');
  expect(two).toMatchObject({code: 0, stderr: ''});
  const scores = (folder: string) => resultOf(folder).frames.map(({target, scores: own}) => [target, own]);
  expect(scores('two').map(([target]) => target)).toEqual(scores('one').map(([target]) => target));
  // Threads are shared otherwise, and so sums are in another order.
  for (const [i, [, own]] of (scores('two') as [string, {network: {psnr: number}}][]).entries())
    expect(own.network.psnr).toBeCloseTo((scores('one')[i]![1] as typeof own).network.psnr, 3);
});

test.each([
  ['a set that does not exist', ['middleburry', '--root', 'set'], 2, 'RIFE_ERR_EVAL_SET'],
  ['a root of another set', ['vimeo90k', '--root', 'set'], 4, 'middlebury'],
  ['a protocol of other sets', ['middlebury', '--root', 'set', '--protocol', 'xvfi'], 2, 'ema'],
  ['LPIPS without weights', ['middlebury', '--root', 'set', '--metrics', 'lpips'], 2, 'RIFE_ERR_EVAL_LPIPS'],
  ['no metric', ['middlebury', '--root', 'set', '--metrics', 'psnrr'], 2, 'psnr-rounded'],
  ['an option of other sets', ['middlebury', '--root', 'set', '--multi', '4'], 2, 'RIFE_ERR_EVAL_OPTION'],
  [
    'weights that are none',
    ['middlebury', '--root', 'set', '--weights', 'rife.config.ts'],
    4,
    'RIFE_ERR_WEIGHTS',
  ],
])('%s is refused before the engine is loaded', async (_, args, code, text) => {
  await middlebury(['Beanbags']);
  project.config();
  const weights = args.includes('--weights') ? [] : ['--weights', await smallNetwork(project, 'IFNet')];
  const result = await evaluated(...args, ...weights, '--out', 'scores');
  expect({code: result.code, stderr: result.stderr}).toEqual({code, stderr: expect.stringContaining(text)});
  expect(result.stdout).not.toContain('TensorFlow');
  expect(existsSync(project.path('scores'))).toBe(false);
});

test('a run that is scored on a set has its scores, its best by one of them, and the bits of a run that is not', async () => {
  await middlebury(['Beanbags', 'Venus']);
  const run = async (out: string, options: string) => {
    project.config(`out: '${out}', previewEvery: 0, ${options}`);
    const result = await runCli(project.folder, ['train']);
    expect(result).toMatchObject({code: 0, stderr: ''});
    return result.stdout;
  };
  const sets = `validate: {sets: [{set: 'middlebury', root: 'set'}], best: 'middlebury/ie'}`;
  const shown = await run('scored', `validateEvery: 2, ${sets}`);
  expect(shown).toMatch(/middlebury\/psnr \d+\.\d+ \(inputs' mean \d/);
  expect(shown).toMatch(/the best so far \(middlebury\/ie /);
  await run('plain', '');
  const bytes = (out: string) =>
    readFileSync(project.path(out, 'checkpoints/step-00000004/weights.safetensors'));
  expect(bytes('scored').equals(bytes('plain'))).toBe(true);
  const best = await evaluated(
    'middlebury',
    '--root',
    'set',
    '--weights',
    'scored/checkpoints/best',
    '--out',
    'best',
  );
  expect(best.code).toBe(0);
  const events = readFileSync(project.path('scored/metrics.jsonl'), 'utf8')
    .split('\n')
    .filter(line => line.includes('"validate"'))
    .map(line => (JSON.parse(line) as {scores: Record<string, number>}).scores['middlebury/ie']!);
  const {frames} = resultOf('best');
  const ie = frames.reduce((sum, {scores}) => sum + scores.network['ie']!, 0) / frames.length;
  expect(ie).toBeCloseTo(Math.min(...events), 3);
});

test.each([
  ['the run before its first step', ['train']],
  ['a dry run', ['train', '--dry-run']],
])('a set of the configuration that is not there stops %s', async (_, command) => {
  project.config(`validateEvery: 2, validate: {sets: [{set: 'middlebury', root: 'nowhere'}]}`);
  const result = await runCli(project.folder, command);
  expect({code: result.code, stderr: result.stderr}).toEqual({
    code: 4,
    stderr: expect.stringContaining('RIFE_ERR_EVAL_ROOT'),
  });
  expect(existsSync(project.path('run'))).toBe(false);
});

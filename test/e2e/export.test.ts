/** `rife-train export` as a user runs it; the page in a real browser. */
import {execFile} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import sharp from 'sharp';
import {Project, ROOT, runCli, type CliResult} from './support.js';

const FRAMES = join(ROOT, 'packages/data/src/__tests__/fixtures/clip128');
const [WIDTH, HEIGHT] = [100, 72];

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

/** A run of one step. */
async function trained(model: string): Promise<string> {
  project.config(`data: {...small, batch: 1}, steps: 1, previewEvery: 0, validateEvery: 0, model: ${model},`);
  expect(await runCli(project.folder, ['train'])).toMatchObject({code: 0});
  return 'run';
}

const RIFE4 = "{name: 'RIFE4', version: '4.6', widths: [16, 8, 8, 8]}";
const IFNET_M = "{name: 'IFNet_m', widths: [16, 12, 8]}";

const exported = (...args: string[]): Promise<CliResult> => runCli(project.folder, ['export', ...args]);

async function succeeds(...args: string[]): Promise<string> {
  const {code, stdout, stderr} = await exported(...args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

it('writes each format, and says what it compared', async () => {
  const from = ['--weights', await trained(RIFE4)];
  const checked = (runtime: string) =>
    new RegExp(`^checked with ${runtime} \\S+: a panning picture \\d\\S+, noise \\d\\S+ `, 'm');
  expect(await succeeds('onnx', ...from, '--out', 'small.onnx')).toMatch(checked('onnxruntime-web'));
  expect(await succeeds('saved-model', ...from, '--out', 'saved')).toMatch(checked('TensorFlow'));
  expect(await succeeds('tfjs', ...from, '--out', 'tfjs')).toMatch(checked('tfjs-converter'));
  const ncnn = await succeeds('ncnn', ...from, '--out', 'mine');
  expect(ncnn).toMatch(/not compared: nothing in Node runs ncnn/);
  expect(ncnn).toMatch(/rename the folder .* rife-v4-mine/);
  await succeeds('hugging-face', ...from, '--out', 'hub', '--license', 'mit');
  await succeeds('pkl', ...from, '--out', 'flownet.pkl');
  expect(readdirSync(project.path('saved'))).toEqual(['saved_model.pb']);
  expect(readdirSync(project.path('tfjs'))).toEqual(['group1-shard1of1.bin', 'model.json']);
  expect(readdirSync(project.path('mine'))).toEqual(['flownet.bin', 'flownet.param']);
  expect(readdirSync(project.path('hub'))).toEqual(['README.md', 'config.json', 'model.safetensors']);
  expect(readFileSync(project.path('hub/README.md'), 'utf8')).toMatch(/^---\nlicense: mit\n/);
  expect(JSON.parse(readFileSync(project.path('hub/config.json'), 'utf8'))).toMatchObject({
    model: {name: 'RIFE4'},
  });
  // What was written is read again.
  await succeeds('pkl', '--weights', 'hub/model.safetensors', '--out', 'again.pkl');
  const diff = await runCli(project.folder, ['weights', 'diff', 'flownet.pkl', 'again.pkl']);
  expect(diff).toMatchObject({code: 0});
});

it('replaces nothing without --force, and refuses flags of other formats', async () => {
  const from = ['--weights', await trained(RIFE4)];
  project.write('there.onnx', 'mine');
  const {code, stderr} = await exported('onnx', ...from, '--out', 'there.onnx');
  expect(code).toBe(2);
  expect(stderr).toMatch(/RIFE_ERR_EXPORT_EXISTS/);
  expect(readFileSync(project.path('there.onnx'), 'utf8')).toBe('mine');
  await succeeds('onnx', ...from, '--out', 'there.onnx', '--force', '--precision', 'fp16', '--layout', 'v2');
  expect(readFileSync(project.path('there.onnx')).length).toBeGreaterThan(10_000);
  const foreign = await exported('ncnn', ...from, '--out', 'x', '--opset', '17');
  expect(foreign.code).toBe(2);
  expect(foreign.stderr).toMatch(/--opset does not belong to ncnn/);
});

it('refuses a network that ncnn has no layers for, and leaves nothing', async () => {
  const from = ['--weights', await trained(IFNET_M)];
  const {code, stderr} = await exported('ncnn', ...from, '--out', 'rife-v4-x');
  expect(code).toBe(2);
  expect(stderr).toMatch(/RIFE_ERR_EXPORT_FORMAT/);
  expect(existsSync(project.path('rife-v4-x'))).toBe(false);
});

interface Seen {
  problems: string[];
  foreign: string[];
  backends: Record<
    string,
    {width: number; height: number; rgb: number[]; slider: [string, string]; label: string}
  >;
}

it('shows in a browser the frame that predict writes, by WebAssembly and WebGL', async () => {
  const file = await trained(RIFE4);
  for (const [name, frame] of [
    ['a.png', 0],
    ['b.png', 2],
  ] as const)
    await sharp(join(FRAMES, `000${frame}.png`))
      .extract({left: 8, top: 8, width: WIDTH, height: HEIGHT})
      .toFile(project.path(name));
  await succeeds('web', '--weights', file, '--out', 'page');
  const predicted = await runCli(project.folder, ['predict', 'a.png', 'b.png', '-w', file, '-o', 'ours.png']);
  expect(predicted).toMatchObject({code: 0});
  const script = join(ROOT, 'scripts/web/browse.mjs');
  const args = ['page', 'a.png', 'b.png', '--backend', 'wasm,webgl', '--out', 'seen.json'];
  await promisify(execFile)(process.execPath, [script, ...args], {cwd: project.folder});
  const {problems, foreign, backends} = JSON.parse(readFileSync(project.path('seen.json'), 'utf8')) as Seen;
  expect({problems, foreign}).toEqual({problems: [], foreign: []});
  const ours = await sharp(project.path('ours.png')).raw().toBuffer();
  expect(Object.keys(backends)).toEqual(['wasm', 'webgl']);
  for (const {width, height, rgb, slider, label} of Object.values(backends)) {
    expect({width, height, label}).toEqual({width: WIDTH, height: HEIGHT, label: 'The frame at t = 0.5'});
    const largest = rgb.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i]!)), 0);
    expect(rgb).toHaveLength(ours.length);
    expect(largest).toBeLessThanOrEqual(1);
    expect(slider).toEqual(['0.5', '0.55']);
  }
});

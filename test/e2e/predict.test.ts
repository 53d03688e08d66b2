import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {createModel} from '@rife-train/model';
import {writeWeights, type WeightTensor} from '@rife-train/model/weights';
import sharp from 'sharp';
import {Project, ROOT, runAlone, runCli} from './support.js';

const FRAMES = join(ROOT, 'packages/data/src/__tests__/fixtures/clip128');
const [WIDTH, HEIGHT] = [100, 72];

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

/** A demo frame, cut to a size that needs padding; or with zeros up to the padded size. */
async function image(name: string, frame: number, padded = false): Promise<string> {
  const cut = await sharp(join(FRAMES, `000${frame}.png`))
    .extract({left: 0, top: 0, width: WIDTH, height: HEIGHT})
    .png()
    .toBuffer();
  const zeros = {right: 128 - WIDTH, bottom: 96 - HEIGHT, background: '#000'};
  await (padded ? sharp(cut).extend(zeros) : sharp(cut)).toFile(project.path(name));
  return name;
}

/** Fresh weights of a small network, as a file. */
async function weights(name: 'IFNet' | 'IFNet_m'): Promise<string> {
  const model = createModel({name, scales: [4, 2, 1], widths: [16, 12, 8]});
  const values = model.initialize(7);
  const tensorOf = (spec: (typeof model.parameters)[number]): [string, WeightTensor] => {
    const bytes = new Uint8Array(model.toFile(spec.name, values.get(spec.name)!).buffer);
    return [spec.name, {dtype: 'F32', shape: [...spec.fileShape], bytes}];
  };
  const file = `${name}.safetensors`;
  await writeWeights(project.path(file), new Map(model.parameters.map(tensorOf)), {format: 'safetensors'});
  return file;
}

const pixels = (path: string) => sharp(project.path(path)).raw().toBuffer();

/** Largest difference of two pictures of one size, in bytes. */
async function difference(a: string, b: string): Promise<number> {
  const [x, y] = [await pixels(a), await pixels(b)];
  expect(x.length).toBe(y.length);
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]!)), 0);
}

const predict = (...args: string[]) => runCli(project.folder, ['predict', ...args]);

async function succeeds(...args: string[]): Promise<string> {
  const {code, stdout, stderr} = await predict(...args);
  expect({code, stderr}).toMatchObject({code: 0});
  return stdout;
}

test('from a run of IFNet_m at any timestep: one frame, and several', async () => {
  project.config(
    `data: {...small, timestep: 'any', gaps: [1, 4], batch: 2}, steps: 2, previewEvery: 0,
     model: {name: 'IFNet_m', widths: [16, 12, 8]},`,
  );
  const trained = await runCli(project.folder, ['train']);
  expect(trained).toMatchObject({code: 0});
  const pair = [await image('a.png', 0), await image('b.png', 8)];
  const args = ['predict', ...pair, '--weights', 'run', '--out', 'quarter.png', '--t', '0.25'];
  const {code, stdout, stderr} = await runAlone(project.folder, args);
  expect({code, stderr}).toMatchObject({code: 0});
  expect(stdout).toMatch(/^IFNet_m, scales 4, 2, 1: .*step-00000002.* \(checkpoint of step 2\)$/m);
  expect(stdout).toMatch(/^TensorFlow \S+ \(captured\), cpu/m);
  expect(stdout).toMatch(/^quarter\.png {2}100 x 72, \d/m);
  await succeeds(...pair, '--weights', 'run/checkpoints/step-00000002', '--multi', '4', '--out', 'four');
  expect(readdirSync(project.path('four'))).toEqual(['1.png', '2.png', '3.png']);
  expect(await difference('quarter.png', 'four/1.png')).toBe(0);
  expect(await difference('four/1.png', 'four/3.png')).toBeGreaterThan(0);
});

describe('IFNet', () => {
  test('padding is zeros; captured and eager agree; options change the frame', async () => {
    const file = await weights('IFNet');
    const pair = [await image('a.png', 0), await image('b.png', 8), '-w', file];
    await succeeds(...pair, '-o', 'out.png');
    const padded = [await image('pa.png', 0, true), await image('pb.png', 8, true), '-w', file];
    await succeeds(...padded, '-o', 'padded.png');
    await sharp(project.path('padded.png'))
      .extract({left: 0, top: 0, width: WIDTH, height: HEIGHT})
      .toFile(project.path('cut.png'));
    expect(await difference('out.png', 'cut.png')).toBe(0);
    await succeeds(...pair, '-o', 'eager.png', '--execution', 'eager');
    expect(await difference('out.png', 'eager.png')).toBeLessThanOrEqual(1);
    await succeeds(...pair, '-o', 'uhd.png', '--uhd');
    await succeeds(...pair, '-o', 'list.png', '--scale', '0.5', '--scale-list', '4,2,1');
    expect(await difference('uhd.png', 'list.png')).toBe(0);
    expect(await difference('uhd.png', 'out.png')).toBeGreaterThan(0);
    await succeeds(...pair, '-o', 'tta.png', '--tta');
    expect(await difference('tta.png', 'out.png')).toBeGreaterThan(0);
  });

  test('four parts by repeated middles', async () => {
    const pair = [await image('a.png', 0), await image('b.png', 8)];
    const file = await weights('IFNet');
    await succeeds(...pair, '-w', file, '--multi', '4', '-o', 'new/four');
    await succeeds(...pair, '-w', file, '-o', 'middle.png');
    expect(await difference('new/four/2.png', 'middle.png')).toBe(0);
    // From the rounded middle, whereas --multi continues from the exact one.
    await succeeds('a.png', 'middle.png', '-w', file, '-o', 'first.png');
    expect(await difference('new/four/1.png', 'first.png')).toBeLessThanOrEqual(3);
  });
});

test('errors have a code, and nothing is written', async () => {
  const file = await weights('IFNet');
  const [a, b] = [await image('a.png', 0), await image('b.png', 8)];
  const large = await image('large.png', 8, true);
  const cases: [string[], number, string][] = [
    [[a, large, '-w', file, '-o', 'x.png'], 4, 'RIFE_ERR_PREDICT_SIZES'],
    [[a, 'none.png', '-w', file, '-o', 'x.png'], 4, 'RIFE_ERR_PREDICT_IMAGE'],
    [[a, b, '-w', file, '-o', 'x.png', '--t', '0.25'], 2, 'RIFE_ERR_PREDICT_TIMESTEP'],
    [[a, b, '-w', file, '-o', 'x', '--multi', '3'], 2, 'RIFE_ERR_PREDICT_TIMESTEP'],
    [[a, b, '-w', file, '-o', 'x.png', '--multi', '4'], 2, 'RIFE_ERR_PREDICT_OUTPUT'],
    [[a, b, '-w', file, '-o', 'x.png', '--scale', '3'], 2, 'RIFE_ERR_PREDICT_SCALE'],
    [[a, b, '-w', file, '-o', 'x.png', '--scale-list', '4,2'], 2, 'RIFE_ERR_MODEL_SCALES'],
    [[a, b, '-w', file, '-o', 'x.png', '--model', 'IFNet_m'], 4, 'RIFE_ERR_PREDICT_WEIGHTS'],
    [[a, b, '-w', 'none.pkl', '-o', 'x.png'], 4, 'RIFE_ERR_WEIGHTS_READ'],
    [[a, b, '-o', 'x.png'], 2, 'RIFE_ERR_CLI_USAGE'],
    [[a, b, '-w', file, '-o', 'x.png', '--t', '0.5', '--multi', '2'], 2, 'RIFE_ERR_CLI_USAGE'],
    [[a, b, '-w', file, '-o', 'x.png', '--uhd', '--scale', '1'], 2, 'RIFE_ERR_CLI_USAGE'],
  ];
  for (const [args, exit, errorCode] of cases) {
    const {code, stderr} = await predict(...args);
    expect({args, code, stderr}).toMatchObject({
      code: exit,
      stderr: expect.stringMatching(new RegExp(`Code: ${errorCode} \\(see docs/errors/\\w+\\.md#`)),
    });
  }
  expect(existsSync(project.path('x.png')) || existsSync(project.path('x'))).toBe(false);
});

import {cpSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {CLIPS, Project, runCli} from './support.js';

let project: Project;
beforeEach(() => (project = new Project()));
afterEach(() => project.remove());

/** Runs `train` on ./clips and expects the error with this code and nothing in `run`. */
async function expectError(code: string, parts: string[], options = '') {
  project.config(`data: {...small, root: './clips'}, ${options}`);
  const {code: exit, stderr} = await runCli(project.folder, ['train']);
  expect({exit, stderr}).toMatchObject({
    exit: 4,
    stderr: expect.stringContaining(`Code: ${code} (see docs/errors/data.md#`),
  });
  for (const part of parts) expect(stderr).toContain(part);
  expect(stderr).not.toMatch(/^ {4}at /m);
  // A frame is decoded when it is needed; by then the run has begun, but no step was made.
  const metrics = project.path('run/metrics.jsonl');
  if (existsSync(metrics)) expect(readFileSync(metrics, 'utf8')).toBe('');
}

/** A clip of grey PNG frames, each of its own size. */
async function writeFrames(clip: string, sizes: readonly number[]): Promise<void> {
  mkdirSync(project.path(clip), {recursive: true});
  for (const [index, side] of sizes.entries()) {
    const frame = sharp({
      create: {width: side, height: side, channels: 3, background: {r: 90, g: 90, b: index}},
    });
    await frame.png().toFile(project.path(clip, `${String(index).padStart(4, '0')}.png`));
  }
}

test('a data folder that is not there', () => expectError('RIFE_ERR_DATA_ROOT', [project.path('clips')]));

test('an empty data folder', async () => {
  mkdirSync(project.path('clips/train'), {recursive: true});
  await expectError('RIFE_ERR_DATA_EMPTY', [project.path('clips/train')]);
});

test('a clip too short for the gap', async () => {
  await writeFrames('clips/train/001/short', [64, 64]);
  await expectError('RIFE_ERR_DATA_CLIP_SHORT', ['001/short', '2 frames', 'at least 3']);
});

test('frames of differing sizes', async () => {
  await writeFrames('clips/train/001/mixed', [64, 96, 64]);
  await expectError('RIFE_ERR_DATA_FRAME_SIZE', ['001/mixed', '0001.png', '96']);
});

test('a crop larger than the frames', async () => {
  await writeFrames('clips/train/001/small', [64, 64, 64]);
  await expectError(
    'RIFE_ERR_DATA_CROP_SIZE',
    ['001/small', '64 x 64', '128'],
    "data: {...small, root: './clips', crop: 128},",
  );
});

test('a truncated PNG', async () => {
  await writeFrames('clips/train/001/torn', [256, 256, 256]);
  const middle = project.path('clips/train/001/torn/0001.png');
  const noise = Buffer.from(Array.from({length: 256 * 256 * 3}, (_, i) => (i * 7919) % 251));
  const whole = await sharp(noise, {raw: {width: 256, height: 256, channels: 3}})
    .png()
    .toBuffer();
  writeFileSync(middle, whole.subarray(0, whole.length / 2));
  await expectError('RIFE_ERR_DATA_FRAME', ['001/torn', '0001.png']);
});

test('an mp4 that is none', async () => {
  project.write('clips/train/001/cam01.mp4', 'this is no video');
  await expectError('RIFE_ERR_DATA_VIDEO', ['001/cam01', 'cam01.mp4']);
});

test('an mp4 that ends early', async () => {
  const whole = readFileSync(join(CLIPS, 'train/001/cam01.mp4'));
  project.write('clips/train/001/cam01.mp4', whole.subarray(0, whole.length / 2));
  await expectError('RIFE_ERR_DATA_VIDEO', ['001/cam01', 'cam01.mp4']);
});

test('onBadClip "skip" leaves a bad clip out, with a warning, and trains on the rest', async () => {
  cpSync(join(CLIPS, 'train/001'), project.path('clips/train/001'), {recursive: true});
  project.write('clips/train/002/bad.mp4', 'this is no video');
  project.config("data: {...small, root: './clips', onBadClip: 'skip'}, steps: 1, previewEvery: 0,");
  const {code, stdout} = await runCli(project.folder, ['train']);
  expect({code, stdout}).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/warning: .*002\/bad.*left out/),
  });
});

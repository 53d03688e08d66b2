/** `interpolate` that is stopped half-way. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {about, ffmpeg, framesOf, interpolate, interpolated, smallNetwork} from './clips.js';
import {Project, startCli} from './support.js';

const SIZE = {width: 64, height: 48};
let project: Project;
let args: string[];
const LOSSLESS = ['--encoder', 'ffv1', '--fps', '4'];

beforeAll(async () => {
  project = new Project();
  const weights = await smallNetwork(project, 'IFNet_m');
  // Segments of 10 s: 40 frames of the result.
  const source = 'testsrc2=size=64x48:rate=2,hue=h=9*n';
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    source,
    '-frames:v',
    '60',
    '-c:v',
    'ffv1',
    '-pix_fmt',
    'bgr0',
    project.path('long.mkv'),
  );
  args = ['long.mkv', '-w', weights, ...LOSSLESS];
});
afterAll(() => project.remove());

/** Resolves when the list of segments has one. */
async function untilSegment(folder: string, ended: Promise<unknown>): Promise<void> {
  const list = join(folder, 'job.json');
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!isOver && !(existsSync(list) && /"frames"/.test(readFileSync(list, 'utf8'))))
    await new Promise(resolve => setTimeout(resolve, 5));
}

test('after kill -9 and after Ctrl-C, --resume gives the frames of an uninterrupted command', async () => {
  await interpolated(project, ...args, '-o', 'whole.mkv');
  const whole = await framesOf(project.path('whole.mkv'), SIZE);
  expect(whole.length).toBe(120);

  const killed = startCli(project.folder, ['interpolate', ...args, '-o', 'killed.mkv']);
  await untilSegment(project.path('killed.mkv.parts'), killed.ended);
  killed.child.kill('SIGKILL');
  expect((await killed.ended).signal).toBe('SIGKILL');
  expect(existsSync(project.path('killed.mkv'))).toBe(false);
  expect(await interpolate(project, ...args, '-o', 'killed.mkv')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/RIFE_ERR_INTERPOLATE_EXISTS/),
  });
  const other = await interpolate(project, ...args, '--tta', '-o', 'killed.mkv', '--resume');
  expect(other).toMatchObject({code: 2, stderr: expect.stringMatching(/RIFE_ERR_INTERPOLATE_RESUME/)});

  const stopped = startCli(project.folder, ['interpolate', ...args, '-o', 'killed.mkv', '--resume']);
  await stopped.shows(/^going on after [48]0 frames$/m);
  await stopped.shows(/^frame \d+\/120/m);
  stopped.child.kill('SIGINT');
  expect(await stopped.ended).toMatchObject({
    code: 130,
    stdout: expect.stringMatching(/the same command with --resume goes on/),
  });
  expect(await about(project.path('killed.mkv'))).toMatch(/Video: ffv1/);
  const part = await framesOf(project.path('killed.mkv'), SIZE);
  expect(part.length).toBeGreaterThanOrEqual(40);
  expect(part.length).toBeLessThan(120);
  expect(part.every((frame, i) => Buffer.compare(frame, whole[i]!) === 0)).toBe(true);

  await interpolated(project, ...args, '-o', 'killed.mkv', '--resume');
  const resumed = await framesOf(project.path('killed.mkv'), SIZE);
  expect(resumed.length).toBe(120);
  expect(resumed.every((frame, i) => Buffer.compare(frame, whole[i]!) === 0)).toBe(true);
  expect(existsSync(project.path('killed.mkv.parts'))).toBe(false);
});

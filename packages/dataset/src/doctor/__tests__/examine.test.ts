import {readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {copyTo, DEMO_VIDEO, tempFolder, truncate} from '../../__tests__/support';
import {examineClip, MOTION_GAPS, summaryOf} from '../examine';
import {totalOf} from '../histogram';
import {pan, writeFrames, writePicture} from './files';
import {scene} from '../../detect/__tests__/pictures';

const examine = (path: string) =>
  examineClip({id: 'clip', kind: 'folder', path, files: readdirSync(path).sort()});
const brief = async (path: string) =>
  (await examine(path)).findings.map(({kind, frame, file}) => [kind, frame, file]);
const video = (path: string) => examineClip({id: 'clip', kind: 'video', path, files: []});

test('a clean clip: counts, size, motion at full size', async () => {
  const exam = await examine(await writeFrames(tempFolder(), pan(1), 2));
  expect(exam).toMatchObject({frames: 9, examined: 9, width: 192, height: 128, findings: []});
  expect(exam.bytes).toBeGreaterThan(1000);
  // 2 small pixels a frame are 4 pixels.
  for (const [i, gap] of MOTION_GAPS.entries()) {
    if (gap > 8) expect(totalOf(exam.motion[i]!)).toBe(0);
    else if (gap < 8) expect(Math.abs(summaryOf(exam.motion[i]!).median - 4 * gap)).toBeLessThan(1);
  }
  expect(Math.abs(exam.fastest!.pixels - 4)).toBeLessThan(1);
  expect(exam.signature.hashes).toHaveLength(9);
});

test('each frame that is damaged, empty, of another size or missing is named, and the others are looked at', async () => {
  const folder = await writeFrames(tempFolder(), pan(1, 14));
  truncate(join(folder, '0003.png'), 0.5);
  writeFileSync(join(folder, '0005.png'), '');
  writeFileSync(join(folder, '0006.png'), 'no picture at all');
  rmSync(join(folder, '0011.png'));
  await writePicture(join(folder, '0008.png'), scene(1, 14, 0), {width: 96, height: 64}, 2);
  expect(await brief(folder)).toEqual([
    ['unreadable', 2, '0003.png'],
    ['unreadable', 4, '0005.png'],
    ['unreadable', 5, '0006.png'],
    ['frame-size', 7, '0008.png'],
    ['missing-frame', 10, '0012.png'],
  ]);
  const exam = await examine(folder);
  expect(exam).toMatchObject({frames: 13, examined: 9, width: 96, height: 64});
  expect(exam.findings[0]!.text).toMatch(
    /^Frame "[^"]*0003\.png" of clip "clip" is damaged: [^.]+ \(byte \d+\)\.$/,
  );
  expect(exam.findings[3]!.text).toBe(
    'Frame "0008.png" is 128 x 192 (height x width), the others are 64 x 96.',
  );
});

test('frames of findings in pictures are those of the clip, also after one that can not be read', async () => {
  const folder = await writeFrames(tempFolder(), [...pan(1, 9), ...pan(2, 9)]);
  truncate(join(folder, '0003.png'), 0.5);
  expect(await brief(folder)).toEqual([
    ['unreadable', 2, '0003.png'],
    ['cut', 9, '0010.png'],
  ]);
});

test('the first frame may be the bad one', async () => {
  const folder = await writeFrames(tempFolder(), pan(1));
  await writePicture(join(folder, '0001.png'), scene(1), {width: 96, height: 64}, 2);
  expect(await brief(folder)).toEqual([['frame-size', 0, '0001.png']]);
  writeFileSync(join(folder, '0001.png'), 'x');
  expect(await brief(folder)).toEqual([['unreadable', 0, '0001.png']]);
});

test('motion across a cut is not measured', async () => {
  const exam = await examine(await writeFrames(tempFolder(), [...pan(1, 2), ...pan(2, 2)]));
  expect(exam.findings.map(({kind}) => kind)).toEqual(['cut']);
  const windows = exam.motion.map(totalOf);
  expect(windows[0]).toBeGreaterThan(0);
  expect(windows[1]).toBe(0);
});

test('a still clip is static, once', async () => {
  const folder = await writeFrames(
    tempFolder(),
    Array.from({length: 6}, () => scene(1)),
  );
  expect(await brief(folder)).toEqual([['static', 0, undefined]]);
});

test('nothing readable', async () => {
  const folder = await writeFrames(tempFolder(), pan(1, 3));
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'x');
  expect(await examine(folder)).toMatchObject({frames: 3, examined: 0, width: 0, height: 0});
  expect((await brief(folder)).map(([kind]) => kind)).toEqual(['unreadable', 'unreadable', 'unreadable']);
});

test('videos: whole, truncated, none', async () => {
  expect(await video(DEMO_VIDEO)).toMatchObject({
    frames: 65,
    examined: 65,
    width: 256,
    height: 256,
    findings: [],
  });
  const cut = join(tempFolder(), 'cut.mp4');
  copyTo(DEMO_VIDEO, cut);
  truncate(cut, 0.5);
  expect((await video(cut)).findings).toMatchObject([{kind: 'unreadable', severity: 'error'}]);
  const none = join(tempFolder(), 'none.mp4');
  writeFileSync(none, 'x');
  expect(await video(none)).toMatchObject({frames: 0, examined: 0, findings: [{kind: 'unreadable'}]});
  expect((await video(join(tempFolder(), 'gone.mp4'))).findings).toMatchObject([{kind: 'unreadable'}]);
});

/** Videos with faults and oddities: what a build and the doctor make of them. */
import {join} from 'node:path';
import {findClips} from '@rife-train/data/parts';
import {
  changing,
  cutOff,
  hiddenFrames,
  madeOf,
  rejection,
  remarkable,
  tempFolder,
} from '../../__tests__/support';
import {shrinkClip} from '../../doctor/shrink';
import {buildClips} from '../build';

const COVER_FIRST = join(__dirname, '../../../../data/src/__tests__/fixtures/video/cover-first.mp4');
const [WIDTH, HEIGHT] = [64, 48];

test('another size: a build takes the frames before it', async () => {
  const {path} = await changing('a.mp4', '128x96');
  const [out, warnings]: [string, string[]] = [tempFolder(), []];
  const options = {inputs: [path], out, length: 3, val: 0, minMotion: 0, minSharpness: 0};
  const {report, written} = await buildClips({...options, warn: text => warnings.push(text)});
  expect(report.videos).toMatchObject([{frames: 6, width: WIDTH, height: HEIGHT}]);
  expect(written).toBeGreaterThan(0);
  expect(report.clips.filter(({first, frames}) => first + frames > 6)).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/is used up to frame 5: .* size at frame 6/)]);
});

test('a cover that comes before the film is passed over', async () => {
  const dry = {
    inputs: [COVER_FIRST],
    out: tempFolder(),
    dryRun: true,
    length: 5,
    minMotion: 0,
    minSharpness: 0,
  };
  expect((await buildClips(dry)).report.videos).toMatchObject([{frames: 9, width: 96, height: 64}]);
});

test('hidden packets are not frames', async () => {
  const path = await hiddenFrames();
  const {report} = await buildClips({
    ...{inputs: [path], out: tempFolder(), dryRun: true, length: 5},
    ...{minMotion: 0, minSharpness: 0},
  });
  expect(report.videos).toMatchObject([{frames: 40, fps: 30, variableRate: false}]);
});

test('a variable rate and a rotation mark are findings of the doctor', async () => {
  const root = await remarkable();
  const found = (await findClips(root, 'train')).found.map(async clip =>
    (await shrinkClip(clip)).findings.map(({kind}) => `${kind} ${clip.id}`),
  );
  expect((await Promise.all(found)).flat()).toEqual([
    ...['rotated turned', 'variable-rate uneven', 'variable-rate uneven2'],
  ]);
});

test('a build says what is wrong with a file that is no whole video', async () => {
  for (const [path, reason] of [
    [
      await madeOf('a.mp4', ['-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac']),
      'it contains no video stream',
    ],
    [await cutOff('a.mkv', 0.6), 'it ends early'],
  ] as const)
    expect(
      (await rejection(buildClips({inputs: [path], out: tempFolder(), dryRun: true}))).message,
    ).toContain(reason);
});

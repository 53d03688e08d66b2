/** What the tables say is what ffmpeg counts. */
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {runFfmpeg} from '../ffmpeg';
import {tableInfo} from '../mp4';
import {probeByFfmpeg} from '../video';
import {DEMO_VIDEO, tempFolder, truncate} from './support';

/** A video that ffmpeg makes of another one. */
async function madeOf(source: string, name: string, ...args: string[]): Promise<string> {
  const path = join(tempFolder(), name);
  const {exitCode, stderr} = await runFfmpeg(['-v', 'error', '-i', source, ...args, path]);
  if (exitCode !== 0) throw new Error(stderr);
  return path;
}
const made = (name: string, ...args: string[]) => madeOf(DEMO_VIDEO, name, ...args);
const FROM_TEST = ['-f', 'lavfi', '-i', 'testsrc=size=322x182:rate=30:duration=1'];

test.each<[string, string, string[]]>([
  ['as it is', 'a.mp4', ['-c', 'copy']],
  ['tables in front', 'a.mp4', ['-c', 'copy', '-movflags', '+faststart']],
  ['in fragments', 'a.mp4', ['-c', 'copy', '-movflags', '+frag_keyframe+empty_moov']],
  ['QuickTime', 'a.mov', ['-c', 'copy']],
  ['odd frame numbers', 'a.mp4', ['-frames:v', '13', '-c:v', 'mpeg4']],
  ['frames out of order', 'a.mp4', ['-c:v', 'mpeg4', '-bf', '2']],
  ['a size that no block divides', 'a.mp4', ['-vf', 'scale=178:98', '-c:v', 'mpeg4']],
  ['pixels that are no squares', 'a.mp4', ['-vf', 'setsar=2/1', '-c:v', 'mpeg4']],
  ['turned by its metadata', 'a.mp4', ['-c', 'copy', '-metadata:s:v:0', 'rotate=90']],
  ['with a second picture', 'a.mp4', [...FROM_TEST, '-map', '0:v', '-map', '1:v', '-c:v', 'mpeg4']],
  ['with sound', 'a.mp4', ['-f', 'lavfi', '-i', 'sine=duration=1', '-c:v', 'copy', '-c:a', 'aac']],
])('%s', async (_, name, args) => {
  const path = await made(name, ...args);
  const told = await tableInfo(path);
  expect(told).toEqual(await probeByFfmpeg({id: 'a', path}));
  expect(told!.frames).toBeGreaterThan(0);
});

test('begun between key frames: an edit list leaves frames out that are in the file', async () => {
  const source = await made('a.mp4', '-c:v', 'mpeg4', '-bf', '2', '-g', '12');
  const path = await madeOf(source, 'b.mp4', '-ss', '0.7', '-c', 'copy');
  const told = await tableInfo(path);
  expect(told).toEqual(await probeByFfmpeg({id: 'a', path}));
  expect(told!.frames).toBeLessThan(65);
});

test('a file that is cut off anywhere is left to ffmpeg, and so is one that goes on behind its end', async () => {
  const whole = await made('a.mp4', '-c', 'copy', '-movflags', '+faststart');
  for (const share of [0.0001, 0.01, 0.3, 0.6, 0.99]) {
    const path = join(tempFolder(), 'cut.mp4');
    copyFileSync(whole, path);
    truncate(path, share);
    expect(await tableInfo(path)).toBeUndefined();
  }
  const longer = join(tempFolder(), 'longer.mp4');
  writeFileSync(longer, Buffer.concat([readFileSync(whole), Buffer.alloc(5, 1)]));
  expect(await tableInfo(longer)).toBeUndefined();
});

test.each([
  ['junk', Buffer.alloc(5000, 1)],
  ['nothing', Buffer.alloc(0)],
  ['boxes of no size', Buffer.from('0000000466726565', 'hex')],
])('%s is left to ffmpeg', async (_, content) => {
  const path = join(tempFolder(), 'a.mp4');
  writeFileSync(path, content);
  expect(await tableInfo(path)).toBeUndefined();
  expect(await tableInfo(join(path, 'nowhere'))).toBeUndefined();
});

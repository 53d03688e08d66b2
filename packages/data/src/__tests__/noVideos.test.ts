/** Files that are no whole video: what is wrong is said in our words. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {rejection, tempFolder} from './support';
import {cutOff, madeOf, openVideo} from './videoFiles';

const write = (name: string, content: string | Uint8Array) => {
  const path = join(tempFolder(), name);
  writeFileSync(path, content);
  return path;
};

test.each<[string, () => string | Promise<string>, RegExp]>([
  ['nothing', () => write('a.mp4', ''), /the file is empty \(0 bytes\)/],
  ['a web page', () => write('a.mp4', '<!DOCTYPE html><html>404</html>'), /the file is a web page/],
  ['git-lfs', () => write('a.mp4', 'version https://git-lfs.github.com/spec/v1\n'), /a pointer of git-lfs/],
  ['text', () => write('a.mkv', 'Not found\n'), /the file is text/],
  ['zeros', () => write('a.mp4', Buffer.alloc(4000)), /the file is zeros/],
  ['a picture', () => write('a.mp4', Buffer.from('ffd8ffe000104a464946', 'hex')), /a JPEG picture/],
  ['anything', () => write('a.mp4', Buffer.alloc(4000, 1)), /ffmpeg does not know the format of the file/],
  [
    'sound',
    () => madeOf('a.mp4', ['-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac']),
    /it contains no video stream/,
  ],
  [
    'cut, tables in front',
    () => cutOff('a.mp4', 0.6, '-movflags', '+faststart'),
    /ends early, after [1-9]\d* frames/,
  ],
  ['cut, tables at the end', () => cutOff('a.mp4', 0.6), /its index is missing/],
  ['cut, Matroska', () => cutOff('a.mkv', 0.6), /ends early, after [1-9]\d* frames/],
])('%s', async (_, make, reason) => {
  const {code, message} = await rejection(openVideo(await make()));
  expect(code).toBe('RIFE_ERR_DATA_VIDEO');
  expect(message).toMatch(reason);
  expect(message).not.toMatch(/ @ |moov|Invalid data|trailing/);
});

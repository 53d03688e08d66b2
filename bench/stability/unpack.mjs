/**
 * The clips as images: a run reads three frames of each, and a video would have to be decoded up to
 * them every time.
 */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, renameSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';

const ffmpeg = () => createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg').path;
/** As packages/data decodes them, so that both give the same pixels. */
const FILTER = 'scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24';

function unpack(video, folder) {
  mkdirSync(folder, {recursive: true});
  const {status, stderr} = spawnSync(ffmpeg(), [
    ...['-v', 'error', '-nostdin', '-y', '-i', video, '-vsync', '0', '-vf', FILTER],
    ...['-compression_level', '1', join(folder, '%03d.png')],
  ]);
  if (status !== 0) throw new Error(`${video}: ${stderr}`);
}

const videosIn = root =>
  readdirSync(root, {recursive: true})
    .map(String)
    .filter(name => name.endsWith('.mp4'));

/**
 * Writes each clip below `root` as a folder of PNG below `target`, once (300 MB). Returns `target`.
 */
export function unpackClips(root, target) {
  if (existsSync(target)) return target;
  for (const name of videosIn(root))
    unpack(join(root, name), join(`${target}.new`, name.slice(0, -'.mp4'.length)));
  mkdirSync(dirname(target), {recursive: true});
  renameSync(`${target}.new`, target);
  return target;
}

import {spawn} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {findFfmpeg} from '@rife-train/data';
import {decodeVideo, probeVideo} from '@rife-train/data/parts';
import sharp from 'sharp';
import {DEMO} from '../../__tests__/support';

/** Pixels of the demo clips, and of what is made of them. */
export const SIDE = 256;

/** RGB bytes of 65 frames of a demo clip such as `train/001/cam01`. */
export async function demoFrames(id: string): Promise<Uint8Array[]> {
  const named = {id, path: join(DEMO, `${id}.mp4`)};
  const info = await probeVideo(named);
  const bytes = await decodeVideo({...named, ...info, kind: 'video', files: []});
  const size = SIDE * SIDE * 3;
  return Array.from({length: info.frames}, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

export const blurred = (frames: readonly Uint8Array[], sigma = 4): Promise<Uint8Array[]> =>
  Promise.all(
    frames.map(frame =>
      sharp(frame, {raw: {width: SIDE, height: SIDE, channels: 3}})
        .blur(sigma)
        .raw()
        .toBuffer(),
    ),
  );

const mix = (a: Uint8Array, b: Uint8Array, share: number) =>
  a.map((value, i) => Math.round(value * (1 - share) + b[i]! * share));

/** The last `frames` of `a` mixed with the first ones of `b`. */
export function dissolve(a: readonly Uint8Array[], b: readonly Uint8Array[], frames: number): Uint8Array[] {
  const mixed = b
    .slice(0, frames)
    .map((frame, i) => mix(a[a.length - frames + i]!, frame, (i + 1) / (frames + 1)));
  return [...a.slice(0, -frames), ...mixed, ...b.slice(frames)];
}

export const black = (frames: number) => Array.from({length: frames}, () => new Uint8Array(SIDE * SIDE * 3));

/** Writes frames as a video; by default as a camera would: compressed, 30 frames a second. */
export async function writeVideo(
  path: string,
  frames: readonly Uint8Array[],
  output: readonly string[] = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-crf', '16', '-preset', 'veryfast'],
  filter = 'null',
): Promise<void> {
  mkdirSync(dirname(path), {recursive: true});
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${SIDE}x${SIDE}`, '-r', '30', '-i', '-'];
  const args = ['-v', 'error', '-y', ...input, '-vf', filter, ...output, path];
  const child = spawn(await findFfmpeg(), args, {stdio: ['pipe', 'ignore', 'inherit']});
  const closed = new Promise<number | null>(resolve => child.on('close', resolve));
  for (const frame of frames)
    if (!child.stdin.write(frame)) await new Promise(resolve => child.stdin.once('drain', resolve));
  child.stdin.end();
  if ((await closed) !== 0) throw new Error(`ffmpeg could not write ${path}`);
}

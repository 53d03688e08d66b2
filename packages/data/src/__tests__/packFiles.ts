import {join} from 'node:path';
import type {Clip} from '../clip';
import {PackFile} from '../pack/reader';
import type {PackHeader} from '../pack/format';
import {PackWriter} from '../pack/writer';
import {CLIP128, copyTo, DEMO_VIDEO, pixels, tempFolder, writeClip} from './support';

/** Pixels as they come from a camera, more or less: slopes with a little noise. */
export function slopes(height: number, width: number, seed: number): Uint8Array {
  const noise = pixels(height, width, seed);
  return noise.map((value, i) => {
    const at = Math.floor(i / 3);
    return ((at % width) * 2 + Math.floor(at / width) * 3 + (i % 3) * 40 + seed * 7 + (value & 7)) & 255;
  });
}

export const SOURCE: PackHeader['source'] = {kind: 'folder', bytes: 1, fingerprint: 'none'};

/** Writes frames as a packed clip; returns the clip. */
export function writePack(
  frames: readonly Uint8Array[],
  size: Pick<PackHeader, 'width' | 'height' | 'codec' | 'tile'>,
  path = join(tempFolder(), 'clip.rifeclip'),
): Clip {
  const writer = new PackWriter(path, {id: 'clip', frames: frames.length, source: SOURCE, ...size});
  for (const frame of frames) writer.add(frame);
  writer.finish();
  const {width, height} = size;
  return {id: 'clip', kind: 'pack', path, frames: frames.length, width, height, files: []};
}

/** Opens, uses and closes a packed clip. */
export function withPack<T>(clip: Pick<Clip, 'id' | 'path'>, use: (file: PackFile) => T): T {
  const file = PackFile.open(clip);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** A root with folders of noise and of real frames, and a video. */
export async function mixedRoot(): Promise<string> {
  const root = tempFolder();
  await writeClip(join(root, 'train/s/noise'), 9, 80, 70);
  copyTo(CLIP128, join(root, 'train/s/real'));
  copyTo(DEMO_VIDEO, join(root, 'train/video.mp4'));
  await writeClip(join(root, 'val/v'), 3, 64, 64);
  return root;
}

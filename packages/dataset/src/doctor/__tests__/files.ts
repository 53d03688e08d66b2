/** Clips of hand-made pictures on disk. */
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import type {Luma, LumaSize} from '../../detect/luma';
import {scene, SIZE} from '../../detect/__tests__/pictures';

/** Writes a grey picture; `scale` times its size. */
export async function writePicture(
  path: string,
  luma: Luma,
  size: LumaSize = SIZE,
  scale = 1,
): Promise<void> {
  await sharp(luma, {raw: {...size, channels: 1}})
    .resize(size.width * scale, size.height * scale, {fit: 'fill'})
    .toFile(path);
}

/** Writes frames 0001.png, 0002.png ...; returns the folder. */
export async function writeFrames(folder: string, frames: readonly Luma[], scale = 1): Promise<string> {
  mkdirSync(folder, {recursive: true});
  for (const [i, frame] of frames.entries())
    await writePicture(join(folder, `${String(i + 1).padStart(4, '0')}.png`), frame, SIZE, scale);
  return folder;
}

/** A pan of `count` frames over a scene, 2 small pixels a frame. */
export const pan = (seed: number, count = 9): Luma[] =>
  Array.from({length: count}, (_, i) => scene(seed, 2 * i, 0));

/** Small pictures of frames, to embed in a page. */
import {join} from 'node:path';
import {readPicture} from '@rife-train/data';
import {decodeSmall, PackFile} from '@rife-train/data/parts';
import sharp from 'sharp';
import type {ExaminedClip} from './report.js';

/** Pixels on the longer side. */
const SIDE = 240;
const QUALITY = 60;

const asUri = (webp: Buffer) => `data:image/webp;base64,${webp.toString('base64')}`;

function sizeOf({exam: {width, height}}: ExaminedClip) {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return {width: side(width), height: side(height)};
}

/** Decodes all frames up to the last one, which costs little more than reaching it. */
async function fromVideo(clip: ExaminedClip, frames: readonly number[]): Promise<(string | undefined)[]> {
  const size = sizeOf(clip);
  const {frames: all, width, height} = clip.exam;
  const sized = {frames: all, width, height};
  const {rgb, frames: came} = await decodeSmall({...clip.found, ...sized}, size, Math.max(...frames) + 1);
  const bytes = size.width * size.height * 3;
  return Promise.all(
    frames.map(async frame => {
      if (frame >= came) return undefined;
      const raw = rgb.subarray(frame * bytes, (frame + 1) * bytes);
      return asUri(
        await sharp(raw, {raw: {...size, channels: 3}})
          .webp({quality: QUALITY})
          .toBuffer(),
      );
    }),
  );
}

async function fromFolder({found}: ExaminedClip, frame: number): Promise<string | undefined> {
  const file = found.files[frame];
  if (file === undefined) return undefined;
  const {width, height, rgb} = await readPicture(found.id, join(found.path, file));
  const picture = sharp(rgb, {raw: {width, height, channels: 3}}).resize(SIDE, SIDE, {
    ...{fit: 'inside', withoutEnlargement: true},
  });
  return asUri(await picture.webp({quality: QUALITY}).toBuffer());
}

async function fromPack({found, exam: {width, height}}: ExaminedClip, frame: number): Promise<string> {
  const file = PackFile.open(found);
  try {
    const picture = sharp(file.frame(frame), {raw: {width, height, channels: 3}});
    return asUri(
      await picture
        .resize(SIDE, SIDE, {fit: 'inside', withoutEnlargement: true})
        .webp({quality: QUALITY})
        .toBuffer(),
    );
  } finally {
    file.close();
  }
}

/**
 * Frames as data URIs of WebP pictures, up to 240 pixels on the longer side; undefined for those
 * that can't be read.
 * @param frames positions in the clip, from 0
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function framePictures(
  clip: ExaminedClip,
  frames: readonly number[],
): Promise<(string | undefined)[]> {
  if (clip.exam.width === 0) return frames.map(() => undefined);
  if (clip.found.kind === 'video') return fromVideo(clip, frames);
  const read = clip.found.kind === 'pack' ? fromPack : fromFolder;
  return Promise.all(frames.map(frame => read(clip, frame).catch(() => undefined)));
}

/** Reads frames, wherever their pixels are. */
import {join} from 'node:path';
import {readPicture, type Clip} from '@rife-train/data';
import {decodeImage, decodeVideo, PackFile} from '@rife-train/data/parts';
import {evalPicture, evalView, evalYuv, messageOf} from '@rife-train/errors';
import {openRegular} from '@rife-train/files';
import type {FrameSource, Picture, View} from './picture.js';
import {viewed, viewNeeds} from './views.js';
import {yuvBytes, yuvToBgr, type Chroma} from './yuv.js';

/** What a protocol decides about reading. */
export interface ReadOptions {
  /** How the chroma of raw YUV 4:2:0 is enlarged. @default 'bicubic', as Pillow since 7.0 */
  chroma?: Chroma;
}

/** BGR from RGB, in place. */
function bgrOf(rgb: Uint8Array): Uint8Array {
  for (let i = 0; i < rgb.length; i += 3) {
    const red = rgb[i]!;
    rgb[i] = rgb[i + 2]!;
    rgb[i + 2] = red;
  }
  return rgb;
}

const reasonOf = (error: unknown) =>
  messageOf(error)
    .replace(/^\[[^\]]*\] /, '')
    .split('\n')[0]!;

async function picture(path: string): Promise<Picture> {
  const {height, width, rgb} = await readPicture('', path).catch((error: unknown) => {
    throw evalPicture(path, reasonOf(error), error);
  });
  return {height, width, data: bgrOf(rgb)};
}

async function yuv(
  {path, index, width, height}: FrameSource & {kind: 'yuv'},
  chroma: Chroma,
): Promise<Picture> {
  const length = yuvBytes(height, width);
  const file = await openRegular(path).catch((error: unknown) => {
    throw evalPicture(path, messageOf(error), error);
  });
  try {
    const bytes = new Uint8Array(length);
    const {bytesRead} = await file.read(bytes, 0, length, index * length);
    if (bytesRead !== length) throw evalYuv(path, `ends before or within its frame ${index}`);
    return yuvToBgr(bytes, height, width, chroma);
  } finally {
    await file.close();
  }
}

/** RGB bytes of a frame of a clip, which may be read-only. */
async function clipFrame(clip: Clip, index: number): Promise<Uint8Array> {
  if (clip.kind === 'folder') return decodeImage(clip, join(clip.path, clip.files[index]!));
  if (clip.kind === 'video') return decodeVideo(clip, [index]);
  const pack = PackFile.open(clip);
  try {
    return pack.frame(index);
  } finally {
    pack.close();
  }
}

async function whole(source: FrameSource, {chroma = 'bicubic'}: ReadOptions): Promise<Picture> {
  if (source.kind === 'picture') return picture(source.path);
  if (source.kind === 'yuv') return yuv(source, chroma);
  const {clip, index} = source;
  const {height, width} = clip;
  return {height, width, data: bgrOf(Uint8Array.from(await clipFrame(clip, index)))};
}

/**
 * Reads a frame as a set shows it.
 * @returns BGR [H,W,3]: bytes; for the view `x-test-2k` float32 in 0..1
 * @throws RIFE_ERR_EVAL_PICTURE, _YUV or _VIEW, and RIFE_ERR_DATA_* for frames of clips
 */
export async function readFrame(
  source: FrameSource,
  view: View,
  options: ReadOptions = {},
): Promise<Picture> {
  const frame = await whole(source, options);
  const needs = viewNeeds(view, frame);
  if (needs !== undefined)
    throw evalView(source.kind === 'clip' ? source.clip.path : source.path, frame, needs);
  return viewed(frame, view);
}

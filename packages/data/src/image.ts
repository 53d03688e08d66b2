import {access} from 'node:fs/promises';
import {basename} from 'node:path';
import {fileUnreadable, frameSizes, frameUnreadable, messageOf, RifeError} from '@rife-train/errors';
import sharp from 'sharp';
import type {Crop} from './augment.js';
import {endingOf} from './clip.js';
import {pngRegion} from './png.js';
import {webpRegion} from './webp.js';

/** As cv2.imread does: no colour management. `error` refuses truncated files, but not harmless oddities. */
export const openImage = (path: string) => sharp(path, {failOn: 'error', ignoreIcc: true});

const firstLine = (error: unknown) => messageOf(error).trim().split('\n')[0] ?? '';

/**
 * The coded error for a file that sharp refused: RIFE_ERR_DATA_FRAME, or RIFE_ERR_DATA_FILE.
 * sharp has one message for a damaged and for an unreadable file; the operating system knows which it is.
 */
export async function explainImage(clip: string, path: string, error: unknown): Promise<RifeError> {
  try {
    await access(path);
  } catch (cause) {
    return fileUnreadable(path, messageOf(cause), cause);
  }
  return frameUnreadable(clip, path, firstLine(error), error);
}

/** Size from the header. @throws RIFE_ERR_DATA_FRAME, RIFE_ERR_DATA_FILE */
export async function imageSize(clip: string, path: string): Promise<{width: number; height: number}> {
  try {
    const {width, height} = await openImage(path).metadata();
    return {width, height};
  } catch (error) {
    throw await explainImage(clip, path, error);
  }
}

/** @throws RIFE_ERR_DATA_FRAME_SIZE unless the frame has the clip's size. */
export function checkFrameSize(
  clip: {id: string; width: number; height: number},
  path: string,
  size: {width: number; height: number},
): void {
  if (size.width === clip.width && size.height === clip.height) return;
  throw frameSizes(
    clip.id,
    basename(path),
    `${size.height} x ${size.width}`,
    `${clip.height} x ${clip.width}`,
  );
}

/** Grey, 16-bit and transparent images are brought to RGB bytes. */
const rgbOf = (image: sharp.Sharp) => image.toColourspace('srgb').removeAlpha().raw();

type FrameOf = {id: string; width: number; height: number};

/** What is faster than libvips for the usual files of a kind, and gives the same bits. */
const OWN_DECODERS: Record<string, typeof pngRegion | undefined> = {'.png': pngRegion, '.webp': webpRegion};

const decodedHere = (clip: FrameOf, path: string, crop: Crop) =>
  OWN_DECODERS[endingOf(path)]?.(path, clip, crop);

/**
 * One frame as RGB bytes [H,W,3].
 * @throws RIFE_ERR_DATA_FRAME, RIFE_ERR_DATA_FRAME_SIZE, RIFE_ERR_DATA_FILE
 */
export async function decodeImage(clip: FrameOf, path: string): Promise<Uint8Array> {
  const {width, height} = clip;
  const own = decodedHere(clip, path, {top: 0, left: 0, width, height});
  if (own) return own;
  try {
    const {data, info} = await rgbOf(openImage(path)).toBuffer({resolveWithObject: true});
    checkFrameSize(clip, path, info);
    return data;
  } catch (error) {
    throw error instanceof RifeError ? error : await explainImage(clip.id, path, error);
  }
}

/**
 * A region of a frame as RGB bytes [h,w,3]: the bytes that {@link decodeImage} has there. Rows below it are not decoded, so damage there goes unnoticed.
 * @throws as {@link decodeImage}
 */
export async function decodeRegion(clip: FrameOf, path: string, crop: Crop): Promise<Uint8Array> {
  const own = decodedHere(clip, path, crop);
  if (own) return own;
  try {
    const image = openImage(path);
    checkFrameSize(clip, path, await image.metadata());
    return await rgbOf(image.extract(crop)).toBuffer();
  } catch (error) {
    throw error instanceof RifeError ? error : await explainImage(clip.id, path, error);
  }
}

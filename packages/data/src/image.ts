import {access} from 'node:fs/promises';
import {basename} from 'node:path';
import {fileUnreadable, frameSizes, frameUnreadable, messageOf, RifeError} from '@rife-train/errors';
import sharp from 'sharp';

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

/**
 * One frame as RGB bytes [H,W,3]; grey, 16-bit and transparent images are brought to that form.
 * @throws RIFE_ERR_DATA_FRAME, RIFE_ERR_DATA_FRAME_SIZE, RIFE_ERR_DATA_FILE
 */
export async function decodeImage(
  clip: {id: string; width: number; height: number},
  path: string,
): Promise<Uint8Array> {
  try {
    const {data, info} = await openImage(path)
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({resolveWithObject: true});
    checkFrameSize(clip, path, info);
    return data;
  } catch (error) {
    throw error instanceof RifeError ? error : await explainImage(clip.id, path, error);
  }
}

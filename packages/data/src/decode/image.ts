/** Frames out of picture files: the pixels that cv2.imread(path) gives, or a coded error. */
import {readFile, type FileHandle} from 'node:fs/promises';
import {basename} from 'node:path';
import {
  fileUnreadable,
  frameForeign,
  frameSizes,
  frameTooLarge,
  frameUnreadable,
  messageOf,
  RifeError,
} from '@rife-train/errors';
import {openRegular, readRegularSync} from '@rife-train/files';
import sharp from 'sharp';
import {MAX_PIXELS, type Crop} from '../clip.js';
import {damageText} from './picture/damage.js';
import {foreignFile, pictureKind} from './fileKind.js';
import {storedCrop, upright} from './picture/orientation.js';
import {pictureDamage, pictureInfo, type PictureInfo} from './picture/picture.js';
import {pngRegion} from './png.js';
import {webpRegion} from './webp.js';

type Size = {width: number; height: number};
type FrameOf = Size & {id: string};

/** Enough for the header of nearly every picture. */
const HEAD_BYTES = 4096;

/** The error for a file that is not a whole picture: RIFE_ERR_DATA_FRAME. */
function explain(clip: string, path: string, file: Buffer, cause?: unknown): RifeError {
  const kind = pictureKind(file);
  if (!kind) {
    const {is, fix} = foreignFile(file.subarray(0, 512));
    return frameForeign(clip, path, is, fix);
  }
  const damage = pictureDamage(file, kind, path);
  const reason = damage ? damageText(damage) : 'its structure is whole, but its pixels can’t be decoded';
  return frameUnreadable(clip, path, reason, cause);
}

const unreadable = (path: string) => (error: unknown) => {
  throw fileUnreadable(path, messageOf(error), error);
};

async function bytesAt(file: FileHandle, at: number): Promise<Buffer> {
  const {buffer, bytesRead} = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, at);
  return buffer.subarray(0, bytesRead);
}

/**
 * Header information, read from as few bytes as possible; the whole file if the header can't be
 * read.
 */
async function lookAt(file: FileHandle): Promise<PictureInfo | Buffer> {
  const head = await bytesAt(file, 0);
  const isWhole = head.length < HEAD_BYTES;
  const info = pictureInfo(head, isWhole);
  // The orientation of a PNG may be stored after its pixels.
  const isLate = info?.kind === 'png' && !isWhole && (await hasLateMark(file));
  if (info && !isLate) return info;
  const all = await readFile(file);
  return pictureInfo(all, true) ?? all;
}

async function hasLateMark(file: FileHandle): Promise<boolean> {
  const {size} = await file.stat();
  return (await bytesAt(file, Math.max(0, size - HEAD_BYTES))).includes('eXIf');
}

/** @throws RIFE_ERR_DATA_FRAME for a picture that would take too much memory */
function checkPixels(clip: string, path: string, {width, height}: Size): void {
  if (width * height > MAX_PIXELS) throw frameTooLarge(clip, path, {width, height}, MAX_PIXELS);
}

/** Size of the upright picture, from the header. @throws RIFE_ERR_DATA_FRAME, RIFE_ERR_DATA_FILE */
export async function imageSize(clip: string, path: string): Promise<Size> {
  const file = await openRegular(path).catch(unreadable(path));
  try {
    const found = await lookAt(file).catch(unreadable(path));
    if (Buffer.isBuffer(found)) throw explain(clip, path, found);
    checkPixels(clip, path, found);
    return {width: found.width, height: found.height};
  } finally {
    await file.close();
  }
}

/** @throws RIFE_ERR_DATA_FRAME_SIZE unless the frame has the clip's size. */
export function checkFrameSize(clip: FrameOf, path: string, size: Size): void {
  if (size.width === clip.width && size.height === clip.height) return;
  throw frameSizes(
    clip.id,
    basename(path),
    `${size.height} x ${size.width}`,
    `${clip.height} x ${clip.width}`,
  );
}

/** RGB bytes, without colour management. Grey, 16-bit and transparent pictures are converted. */
async function rgbBytes(file: Buffer, crop: Crop): Promise<Uint8Array> {
  const image = sharp(file, {failOn: 'error', ignoreIcc: true}).extract(crop);
  return image.toColourspace('srgb').removeAlpha().raw().toBuffer();
}

/**
 * CMYK converted as OpenCV does; libvips would use a profile. The inks are inverted, as Adobe
 * stores them.
 */
async function rgbOfCmyk(file: Buffer, crop: Crop): Promise<Uint8Array> {
  const image = sharp(file, {failOn: 'error', ignoreIcc: true}).extract(crop);
  const inks = await image.pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer();
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const black = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) rgb[to++] = black - ((inks[from + ink]! * black) >> 8);
  }
  return rgb;
}

/** Decoders that are faster than libvips for common files, with the same bits. */
const OWN_DECODERS = {png: pngRegion, webp: webpRegion, jpeg: undefined} as const;

/** A region of the upright picture. @throws RIFE_ERR_DATA_FRAME */
async function decode(clip: string, path: string, file: Buffer, info: PictureInfo, crop: Crop) {
  try {
    const {orientation} = info;
    const pixels = await (info.isCmyk ? rgbOfCmyk : rgbBytes)(file, storedCrop(orientation, info, crop));
    return upright(pixels, orientation, crop);
  } catch (error) {
    throw explain(clip, path, file, error);
  }
}

function read(path: string): Buffer {
  try {
    return readRegularSync(path);
  } catch (error) {
    return unreadable(path)(error);
  }
}

/**
 * A region of a frame as RGB bytes [h,w,3]: the bytes that {@link decodeImage} has there. In a
 * common PNG the rows below the region are not decoded, so damage there goes unnoticed.
 * @throws RIFE_ERR_DATA_FRAME, RIFE_ERR_DATA_FRAME_SIZE, RIFE_ERR_DATA_FILE
 */
export async function decodeRegion(clip: FrameOf, path: string, crop: Crop): Promise<Uint8Array> {
  checkPixels(clip.id, path, clip);
  const file = read(path);
  const kind = pictureKind(file);
  const own = kind && OWN_DECODERS[kind]?.(file, clip, crop);
  if (own) return own;
  const info = pictureInfo(file, true);
  if (!info) throw explain(clip.id, path, file);
  const damage = pictureDamage(file, info.kind, path);
  if (damage) throw frameUnreadable(clip.id, path, damageText(damage));
  checkFrameSize(clip, path, info);
  return decode(clip.id, path, file, info, crop);
}

/** One frame as RGB bytes [H,W,3]. @throws as {@link decodeRegion} */
export async function decodeImage(clip: FrameOf, path: string): Promise<Uint8Array> {
  return decodeRegion(clip, path, {top: 0, left: 0, width: clip.width, height: clip.height});
}

/**
 * A picture of any size as RGB bytes, as training reads it.
 * @param clip name of the clip in error messages
 * @throws as {@link decodeRegion}
 */
export async function readPicture(clip: string, path: string): Promise<Size & {rgb: Uint8Array}> {
  const size = await imageSize(clip, path);
  return {...size, rgb: await decodeImage({id: clip, ...size}, path)};
}

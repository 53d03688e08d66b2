/** Size and format of picture files, from their first bytes. */
import {MAX_PIXELS} from '@rife-train/data/parts';
import {evalFormat, evalPicture, messageOf} from '@rife-train/errors';
import {openRegular} from '@rife-train/files';
import sharp from 'sharp';

/** Pixels of the upright picture. */
export interface PictureSize {
  height: number;
  width: number;
}

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
/** Signature, and the header chunk up to its kind of colours. */
const PNG_BYTES = 26;
/** Kinds of PNG colours without colour: grey, and grey with alpha. */
const GREY = [0, 4];

const isMissing = (error: unknown) =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

async function firstBytes(path: string): Promise<Buffer | undefined> {
  const file = await openRegular(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw evalPicture(path, messageOf(error), error);
  });
  if (!file) return undefined;
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(PNG_BYTES), 0, PNG_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw evalPicture(path, messageOf(error), error);
  } finally {
    await file.close();
  }
}

/** Refuses what would have to be converted. */
function checkFormat(path: string, bits: number, isGrey: boolean): void {
  if (isGrey) throw evalFormat(path, bits === 16 ? 'grey, with 16 bits' : 'grey');
  if (bits > 8) throw evalFormat(path, `a picture of ${bits} bits a channel`);
}

/** JPEG and WebP. */
async function otherSize(path: string): Promise<PictureSize> {
  const {width, height, channels, depth, orientation} = await sharp(path)
    .metadata()
    .catch((error: unknown) => {
      throw evalPicture(path, messageOf(error).trim(), error);
    });
  checkFormat(path, depth === 'uchar' ? 8 : 16, channels < 3);
  return (orientation ?? 1) > 4 ? {width: height, height: width} : {width, height};
}

/**
 * The size of a picture.
 * @returns undefined where there is no such file
 * @throws RIFE_ERR_EVAL_PICTURE where it can't be read; RIFE_ERR_EVAL_FORMAT for grey ones and for
 * 16 bits a channel
 */
export async function pictureSize(path: string): Promise<PictureSize | undefined> {
  const head = await firstBytes(path);
  const size = head && (await declaredSize(path, head));
  if (size && size.width * size.height > MAX_PIXELS)
    throw evalPicture(
      path,
      `it declares ${size.height} x ${size.width} pixels, and ${MAX_PIXELS} are the most`,
    );
  return size;
}

/** Of a picture that is there. */
async function declaredSize(path: string, head: Buffer): Promise<PictureSize> {
  if (!head.subarray(0, PNG.length).equals(PNG)) return otherSize(path);
  if (head.length < PNG_BYTES || head.toString('latin1', 12, 16) !== 'IHDR')
    throw evalPicture(path, 'it ends within its header');
  checkFormat(path, head[24]!, GREY.includes(head[25]!));
  return {width: head.readUInt32BE(16), height: head.readUInt32BE(20)};
}

/** Files that are looked at side by side. */
const LANES = 16;

/** Sizes of many pictures, by path; undefined for missing ones. @throws as {@link pictureSize} */
export async function pictureSizes(paths: Iterable<string>): Promise<Map<string, PictureSize | undefined>> {
  const all = [...new Set(paths)];
  const found: (PictureSize | undefined)[] = [];
  let next = 0;
  const lane = async () => {
    while (next < all.length) {
      const at = next++;
      found[at] = await pictureSize(all[at]!);
    }
  };
  try {
    await Promise.all(Array.from({length: LANES}, lane));
  } finally {
    next = all.length;
  }
  return new Map(all.map((path, at) => [path, found[at]]));
}

/** Information about a picture without decoding its pixels: kind, displayed size, damage. */
import {pngDamage, pngHeader, webpDamage, webpHeader, hasLateExif} from './chunks.js';
import type {Damage} from './damage.js';
import {checkJpeg, jpegHeader} from './jpeg.js';
import {pictureKind, type PictureKind} from '../fileKind.js';
import {swapsSides, type Orientation} from './orientation.js';

export interface PictureInfo {
  kind: PictureKind;
  /** Of the upright picture. */
  width: number;
  height: number;
  orientation: Orientation;
  isCmyk: boolean;
}

interface Stored {
  width: number;
  height: number;
  orientation: Orientation;
}

const shown = (kind: PictureKind, {width, height, orientation}: Stored, isCmyk = false): PictureInfo => ({
  ...{kind, orientation, isCmyk},
  ...(swapsSides(orientation) ? {width: height, height: width} : {width, height}),
});

/**
 * Kind, size and orientation from the headers.
 * @param head the file, or its first bytes
 * @param isWhole `head` is the whole file
 * @returns undefined if it is not a picture, is damaged, or if more bytes are needed
 */
export function pictureInfo(head: Buffer, isWhole: boolean): PictureInfo | undefined {
  const kind = pictureKind(head);
  if (kind === 'jpeg') {
    const found = jpegHeader(head);
    const sizes = found && {...found.frame, orientation: found.orientation};
    return sizes && shown(kind, sizes, found.frame.components.length === 4);
  }
  const isShort = kind === 'webp' && !isWhole && hasLateExif(head);
  if (kind === undefined || isShort) return undefined;
  const header = kind === 'png' ? pngHeader(head) : webpHeader(head);
  return header && shown(kind, header);
}

/**
 * Paths of JPEGs whose codes were checked. The check takes a third of the decoding time, so it is
 * done once.
 */
const checked = new Set<string>();
/** Most paths that are remembered. */
const MOST = 65_536;

/**
 * The damage of a picture file, if any. The codes of a JPEG are checked only the first time a
 * process reads it; the checks of other formats are cheap.
 */
export function pictureDamage(file: Buffer, kind: PictureKind, path: string): Damage | undefined {
  if (kind !== 'jpeg') return kind === 'png' ? pngDamage(file) : webpDamage(file);
  if (checked.has(path)) return undefined;
  const {damage} = checkJpeg(file);
  if (damage) return damage;
  if (checked.size >= MOST) checked.clear();
  checked.add(path);
  return undefined;
}

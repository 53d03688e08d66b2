/** What a picture is, before its pixels are decoded: kind, size as it is shown, and whether it is whole. */
import {pngDamage, pngHeader, webpDamage, webpHeader, hasLateExif} from './chunks.js';
import type {Damage} from './damage.js';
import {checkJpeg, jpegHeader} from './jpeg.js';
import {pictureKind, type PictureKind} from './kind.js';
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
 * Kind, size and mark by the headers.
 * @param head the file, or its first bytes
 * @param isWhole nothing comes behind them
 * @returns undefined where it is no picture, is damaged, or where more bytes are needed
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

/** JPEGs whose every code was looked at: it takes a third of the time of decoding them, so once has to do. */
const checked = new Set<string>();
/** Paths that are remembered. */
const MOST = 65_536;

/**
 * Where a whole file of a picture is spoiled, if so. Of a JPEG the codes are looked at the first time alone that a process reads
 * it, of others all checks are cheap.
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

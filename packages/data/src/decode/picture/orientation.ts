/** EXIF orientation, read and applied as in cv2.imread(path). */
import type {Crop} from '../../clip.js';

/** 1: as stored; 2: mirrored; 3: turned by 180 degrees ... 8, as EXIF numbers them. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG = 0x112;
const ENTRY = 12;

/**
 * The orientation of a block of EXIF data (from its byte order on). As in OpenCV, the type of the
 * entry is ignored, and any value but 1 to 8 means upright.
 */
export function exifOrientation(block: Buffer): Orientation | undefined {
  const order = block.toString('latin1', 0, 2);
  if (block.length < 8 || (order !== 'II' && order !== 'MM')) return undefined;
  const little = order === 'II';
  const u16 = (at: number) => (little ? block.readUInt16LE(at) : block.readUInt16BE(at));
  const start = little ? block.readUInt32LE(4) : block.readUInt32BE(4);
  if (u16(2) !== 42 || start + 2 > block.length) return undefined;
  for (let i = 0; i < u16(start); i++) {
    const at = start + 2 + ENTRY * i;
    if (at + 10 > block.length) return undefined;
    if (u16(at) !== TAG) continue;
    const value = u16(at + 8);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return undefined;
}

/** From 5 on, rows become columns. */
export const swapsSides = (orientation: Orientation) => orientation >= 5;

/** Position in the stored picture of the pixel (x, y) of the upright picture of this size. */
function stored(orientation: Orientation, width: number, height: number, x: number, y: number) {
  const [right, bottom] = [width - 1 - x, height - 1 - y];
  const places: readonly [number, number][] = [
    [x, y],
    [right, y],
    [right, bottom],
    [x, bottom],
    [y, x],
    [y, right],
    [bottom, right],
    [bottom, x],
  ];
  return places[orientation - 1]!;
}

/**
 * The region of the stored picture that corresponds to a region of the upright one of this size.
 */
export function storedCrop(
  orientation: Orientation,
  size: {width: number; height: number},
  crop: Crop,
): Crop {
  const at = (x: number, y: number) => stored(orientation, size.width, size.height, x, y);
  const [x0, y0] = at(crop.left, crop.top);
  const [x1, y1] = at(crop.left + crop.width - 1, crop.top + crop.height - 1);
  const [left, top] = [Math.min(x0, x1), Math.min(y0, y1)];
  return {left, top, width: Math.abs(x1 - x0) + 1, height: Math.abs(y1 - y0) + 1};
}

/** RGB bytes of a stored picture, turned upright. @param size of the upright picture */
export function upright(
  rgb: Uint8Array,
  orientation: Orientation,
  {width, height}: {width: number; height: number},
): Uint8Array {
  if (orientation === 1) return rgb;
  const turned = new Uint8Array(rgb.length);
  const storedWidth = swapsSides(orientation) ? height : width;
  const offset = (x: number, y: number) => {
    const [sx, sy] = stored(orientation, width, height, x, y);
    return 3 * (sy * storedWidth + sx);
  };
  const start = offset(0, 0);
  const [across, down] = [width > 1 ? offset(1, 0) - start : 0, height > 1 ? offset(0, 1) - start : 0];
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = start + y * down;
    for (let x = 0; x < width; x++, from += across) {
      turned[to++] = rgb[from]!;
      turned[to++] = rgb[from + 1]!;
      turned[to++] = rgb[from + 2]!;
    }
  }
  return turned;
}

/** What the scripts of the field add around a frame before the network sees it. */
import type {Picture} from './picture.js';

/** To the next multiple, or to a fixed size, which is no smaller than the frame. */
type To = {multiple: number} | {height: number; width: number};

/**
 * Where pixels are added, and which:
 *
 * - `corner`: at the right and bottom, of the value `fill` in 0..1 (a value other than 0 makes the
 *   picture float32);
 * - `centre`: around, half at the top and left rounded down, each the nearest pixel of the frame
 *   (`InputPadder` of RAFT, EMA-VFI and others);
 * - `rows`: so many above and below, by the height of the frame; none at other heights.
 */
export type Padding =
  | {where: 'corner'; fill: number; to: To}
  | {where: 'centre'; fill: 'replicate'; to: To}
  | {where: 'rows'; fill: 'replicate'; rows: Readonly<Record<number, number>>};

/** Size and place of the frame in the padded one. */
interface Place {
  height: number;
  width: number;
  top: number;
  left: number;
}

type Size = Pick<Place, 'height' | 'width'>;

const {ceil, floor, max, min} = Math;

function sizeTo({height, width}: Size, to: To): Size {
  if ('height' in to) return {height: max(height, to.height), width: max(width, to.width)};
  const up = (side: number) => ceil(side / to.multiple) * to.multiple;
  return {height: up(height), width: up(width)};
}

function placeOf(size: Size, padding: Padding): Place {
  if (padding.where === 'rows') {
    const rows = padding.rows[size.height] ?? 0;
    return {height: size.height + 2 * rows, width: size.width, top: rows, left: 0};
  }
  const outer = sizeTo(size, padding.to);
  if (padding.where === 'corner') return {...outer, top: 0, left: 0};
  return {
    ...outer,
    top: floor((outer.height - size.height) / 2),
    left: floor((outer.width - size.width) / 2),
  };
}

/** Bytes in 0..1, as float32 division gives them. */
const UNIT = new Float32Array(Array.from({length: 256}, (_, byte) => byte / 255));

/** Bytes as float32 in 0..1. A loop: `Float32Array.from` with a function is many times slower. */
export function unitFloats(bytes: Uint8Array): Float32Array {
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < values.length; i++) values[i] = UNIT[bytes[i]!]!;
  return values;
}

/** Copies rows of pixels of `from`, moved by `place`, the outermost ones repeated. */
function replicate({data, height, width}: Picture, place: Place): Picture['data'] {
  const length = place.height * place.width * 3;
  const values = data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  const columns = Int32Array.from(
    {length: place.width},
    (_, x) => 3 * max(0, min(width - 1, x - place.left)),
  );
  for (let y = 0, to = 0; y < place.height; y++) {
    const row = 3 * width * max(0, min(height - 1, y - place.top));
    for (const column of columns) {
      values[to++] = data[row + column]!;
      values[to++] = data[row + column + 1]!;
      values[to++] = data[row + column + 2]!;
    }
  }
  return values;
}

/** The frame at the top left of a constant. */
function filled({data, height, width}: Picture, place: Place, fill: number): Picture['data'] {
  const length = place.height * place.width * 3;
  const isBytes = data instanceof Uint8Array && fill === 0;
  const source = !isBytes && data instanceof Uint8Array ? unitFloats(data) : data;
  const values = isBytes ? new Uint8Array(length) : new Float32Array(length).fill(fill);
  for (let y = 0; y < height; y++)
    values.set(source.subarray(3 * width * y, 3 * width * (y + 1)), 3 * place.width * y);
  return values;
}

/** A frame with padding. The frame itself where none is needed. */
export function padded(picture: Picture, padding: Padding): Picture {
  const place = placeOf(picture, padding);
  const {height, width} = place;
  if (height === picture.height && width === picture.width) return picture;
  const data = padding.where === 'corner' ? filled(picture, place, padding.fill) : replicate(picture, place);
  return {height, width, data};
}

/**
 * A frame without the padding that {@link padded} gave one of this size.
 * @param size of the frame without padding
 */
export function cropBack(picture: Picture, padding: Padding, size: Size): Picture {
  const {top, left} = placeOf(size, padding);
  return cropped(picture, {...size, top, left});
}

/** A part of a picture. The picture itself where that is all of it. */
export function cropped(picture: Picture, {height, width, top, left}: Place): Picture {
  if (height === picture.height && width === picture.width) return picture;
  const data = picture.data.slice(0, height * width * 3);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((y + top) * picture.width + left);
    data.set(picture.data.subarray(from, from + 3 * width), 3 * width * y);
  }
  return {height, width, data};
}

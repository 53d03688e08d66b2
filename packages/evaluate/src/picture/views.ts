/** What a set takes of its frames; see `View`. */
import {cropped, unitFloats} from './pad.js';
import type {Picture, View} from './picture.js';

type Size = Pick<Picture, 'height' | 'width'>;

/** SoftSplat's benchmark_xiph.py takes rows 540..-540 and columns 1024..-1024 of 2160 x 4096. */
const XIPH = {height: 1080, width: 2048};

const {fround} = Math;

const isHalved = (view: View) => view === 'xiph-2k' || view === 'x-test-2k';

/** Height and width of the crop; undefined for views that take all. */
function cropOf(view: View): Size | undefined {
  if (view === 'xiph-4k') return XIPH;
  if (view === 'centre-512') return {height: 512, width: 512};
  return typeof view === 'object' ? view : undefined;
}

/** What a frame must be for a view, where it is not; for the end of "Expected". */
export function viewNeeds(view: View, {height, width}: Size): string | undefined {
  const crop = cropOf(view);
  if (crop && (height < crop.height || width < crop.width))
    return `at least ${crop.height} x ${crop.width}, which are cut out of the centre`;
  const isOdd = height % 2 !== 0 || width % 2 !== 0;
  return isHalved(view) && isOdd ? 'even sides, which are halved' : undefined;
}

/** Calls back with the position in the result, and that of the left upper value of four. */
function eachQuad({height, width}: Size, visit: (to: number, from: number, below: number) => void): void {
  const row = 3 * width;
  for (let y = 0, to = 0; y < height; y += 2)
    for (let x = 0; x < width; x += 2)
      for (let channel = 0; channel < 3; channel++, to++) {
        const from = y * row + 3 * x + channel;
        visit(to, from, from + row);
      }
}

/** INTER_AREA of OpenCV by 2 on bytes: mean, rounded half up. */
function halvedBytes({data, height, width}: Picture): Picture {
  const out = new Uint8Array((height / 2) * (width / 2) * 3);
  eachQuad({height, width}, (to, from, below) => {
    out[to] = (data[from]! + data[from + 3]! + data[below]! + data[below + 3]! + 2) >> 2;
  });
  return {height: height / 2, width: width / 2, data: out};
}

/** INTER_AREA of OpenCV by 2 on float32, which adds in this order. */
function halvedFloats({data, height, width}: Picture): Picture {
  const values = data instanceof Uint8Array ? unitFloats(data) : data;
  const out = new Float32Array((height / 2) * (width / 2) * 3);
  eachQuad({height, width}, (to, from, below) => {
    const above = fround(values[from]! + values[from + 3]!);
    out[to] = fround(fround(above + values[below]!) + values[below + 3]!) / 4;
  });
  return {height: height / 2, width: width / 2, data: out};
}

/**
 * A frame as a set shows it.
 * @param picture bytes; it must have what {@link viewNeeds} asks for
 */
export function viewed(picture: Picture, view: View): Picture {
  if (view === 'xiph-2k') return halvedBytes(picture);
  if (view === 'x-test-2k') return halvedFloats(picture);
  const crop = cropOf(view);
  if (!crop) return picture;
  const top = (picture.height - crop.height) >> 1;
  const left = (picture.width - crop.width) >> 1;
  return cropped(picture, {...crop, top, left});
}

import type {Crop} from '../clip';
import {NO_AUGMENTATION, writeSample, type Augmentation} from '../augment/augment';
import {pixels} from './support';

type Image = number[][][]; // [y][x][channel]

/** The reference's steps one by one, as cv2 and numpy do them on BGR images. */
const toBgr = (rgb: Uint8Array, height: number, width: number): Image =>
  Array.from({length: height}, (_, y) =>
    Array.from({length: width}, (_, x) => [2, 1, 0].map(c => rgb[(y * width + x) * 3 + c]!)),
  );
const transpose = (image: Image): Image => image[0]!.map((_, x) => image.map(row => row[x]!));
const flipRows = (image: Image): Image => [...image].reverse();
const flipColumns = (image: Image): Image => image.map(row => [...row].reverse());
const clockwise = (image: Image): Image => flipColumns(transpose(image));
const anticlockwise = (image: Image): Image => flipRows(transpose(image));

function naive(image: Image, {top, left, height, width}: Crop, augmentation: Augmentation): Image {
  let out = image.slice(top, top + height).map(row => row.slice(left, left + width));
  if (augmentation.reverseChannels) out = out.map(row => row.map(pixel => [...pixel].reverse()));
  if (augmentation.flipVertical) out = flipRows(out);
  if (augmentation.flipHorizontal) out = flipColumns(out);
  if (augmentation.rotation === 90) out = clockwise(out);
  if (augmentation.rotation === 180) out = flipRows(flipColumns(out));
  if (augmentation.rotation === 270) out = anticlockwise(out);
  return out;
}

function naiveSample(
  frames: Uint8Array[],
  size: [number, number],
  crop: Crop,
  augmentation: Augmentation,
): number[] {
  const [img0, gt, img1] = frames.map(frame => naive(toBgr(frame, ...size), crop, augmentation)) as [
    Image,
    Image,
    Image,
  ];
  const order = augmentation.swap ? [img1, img0, gt] : [img0, img1, gt];
  return img0.flatMap((row, y) => row.flatMap((_, x) => order.flatMap(image => image[y]![x]!)));
}

const HEIGHT = 9;
const WIDTH = 12;
const frames = [1, 2, 3].map(seed => pixels(HEIGHT, WIDTH, seed)) as [Uint8Array, Uint8Array, Uint8Array];

function fused(crop: Crop, augmentation: Augmentation): number[] {
  const target = new Uint8Array(crop.height * crop.width * 9);
  writeSample(frames, WIDTH, crop, augmentation, target);
  return [...target];
}

const rotations = [0, 90, 180, 270] as const;
const all = Array.from({length: 64}, (_, bits): Augmentation => ({
  reverseChannels: (bits & 1) > 0,
  flipVertical: (bits & 2) > 0,
  flipHorizontal: (bits & 4) > 0,
  swap: (bits & 8) > 0,
  rotation: rotations[bits >> 4]!,
}));

test.each(all)('%j equals the steps done one by one', augmentation => {
  const crop = {top: 2, left: 5, height: 6, width: 6};
  expect(fused(crop, augmentation)).toEqual(naiveSample(frames, [HEIGHT, WIDTH], crop, augmentation));
});

test.each([0, 180] as const)('a crop that is no square, turned by %i', rotation => {
  const crop = {top: 1, left: 3, height: 4, width: 8};
  const augmentation = {...NO_AUGMENTATION, flipVertical: true, rotation};
  expect(fused(crop, augmentation)).toEqual(naiveSample(frames, [HEIGHT, WIDTH], crop, augmentation));
});

test('without augmentation: channels are img0, img1, gt in BGR', () => {
  const pixel = fused({top: 0, left: 0, height: 1, width: 1}, NO_AUGMENTATION);
  const bgr = (frame: Uint8Array) => [frame[2], frame[1], frame[0]];
  expect(pixel).toEqual([...bgr(frames[0]), ...bgr(frames[2]), ...bgr(frames[1])]);
});

/** Pictures by formula, of which bench/evaluate/metrics.py knows the scores. */
import {fixtureFrame} from '@rife-train/testing';
import type {Picture} from '../../../picture/picture.js';

const {floor, max, min} = Math;

/** A picture of bytes. */
export type BytePicture = Picture & {data: Uint8Array};

/** Planes as a picture: the first one is blue. */
export function fixturePicture(k: number, height: number, width: number, t: number): BytePicture {
  const planes = fixtureFrame(k, height, width, t);
  const area = height * width;
  const data = new Uint8Array(planes.length);
  for (let c = 0; c < 3; c++) for (let i = 0; i < area; i++) data[3 * i + c] = planes[c * area + i]!;
  return {data, height, width};
}

/** The mean of the frames at 0 and 1 in float32, and the frame at 0.5. */
export function fixturePair(
  k: number,
  height: number,
  width: number,
): [prediction: Picture, gt: BytePicture] {
  const [a, b] = [0, 1].map(t => fixturePicture(k, height, width, t).data);
  const data = Float32Array.from({length: a!.length}, (_, i) => (a![i]! + b![i]!) / 510);
  return [{data, height, width}, fixturePicture(k, height, width, 0.5)];
}

/** Whole numbers with noise, and without. */
export function patternPair(height: number, width: number): [prediction: BytePicture, gt: BytePicture] {
  const [noisy, data] = [new Uint8Array(height * width * 3), new Uint8Array(height * width * 3)];
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++, i++) {
        data[i] = 5 * x + 3 * y + 40 * c + floor((x * y) / 7);
        noisy[i] = max(0, min(255, data[i]! + ((x * 37 + y * 91 + c * 53 + x * y * 17) % 83) - 41));
      }
  return [
    {data: noisy, height, width},
    {data, height, width},
  ];
}

/** The same values in float32, 0..1. */
export const inFloat = ({data, height, width}: Picture): Picture => ({
  data: Float32Array.from(data, value => value / 255),
  height,
  width,
});

/** A picture of one colour. */
export const flat = (height: number, width: number, byte: number): BytePicture => ({
  data: new Uint8Array(height * width * 3).fill(byte),
  height,
  width,
});

import type {Frame, Predictor} from '@rife-train/core';
import {framesBetween} from '../between.js';

const grey = (value: number): Frame => ({height: 1, width: 1, data: new Float32Array(3).fill(value)});

/** A predictor of grey frames that is right, and says what it was asked. */
function blender() {
  const asked: number[] = [];
  const predict = async (img0: Frame, img1: Frame, t: number) => {
    asked.push(t);
    const value = img0.data[0]! * (1 - t) + img1.data[0]! * t;
    return {height: 1, width: 1, refined: new Float32Array(3).fill(value)};
  };
  return {asked, predictor: {predict} as unknown as Predictor};
}

async function made(parts: number, anyTimestep: boolean) {
  const {asked, predictor} = blender();
  const frames: [number, number][] = [];
  for await (const {index, frame} of framesBetween(predictor, [grey(0), grey(1)], parts, anyTimestep))
    frames.push([index, frame.refined[0]!]);
  return {asked, frames};
}

const places = (parts: number) =>
  Array.from({length: parts - 1}, (_, i) => [i + 1, Math.fround((i + 1) / parts)]);

test.each([2, 3, 8])('a network with a timestep input makes each of %i parts directly', async parts => {
  const {asked, frames} = await made(parts, true);
  expect(frames).toEqual(places(parts));
  expect(asked).toEqual(Array.from({length: parts - 1}, (_, i) => (i + 1) / parts));
});

test.each([2, 4, 16])('another makes %i parts by repeated middles, in order of time', async parts => {
  const {asked, frames} = await made(parts, false);
  expect(frames).toEqual(places(parts));
  expect(new Set(asked)).toEqual(new Set([0.5]));
});

test('other parts are asked of the predictor, which refuses them for such a network', async () => {
  expect((await made(3, false)).asked).toEqual([1 / 3, 2 / 3]);
});

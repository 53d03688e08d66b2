import type {Picture} from '../../picture/picture.js';
import {framesAt, isHalving, repeatedMiddles, type Maker} from '../maker.js';

/** Numbers in place of frames: the middle of two is their mean. */
async function places(times: readonly number[]) {
  let made = 0;
  const frames: number[] = [];
  const middle = async (a: number, b: number) => (made++, (a + b) / 2);
  for await (const {t, frame} of repeatedMiddles([0, 1], times, middle)) {
    expect(frame).toBe(t);
    frames.push(frame);
  }
  return {frames, made};
}

test.each([
  [[0.5], 1],
  [[0.25, 0.5, 0.75], 3],
  // Of eighths all seven middles; of one eighth only the way there.
  [Array.from({length: 7}, (_, i) => (i + 1) / 8), 7],
  [[0.375], 3],
  [[], 0],
])('repeated middles at %j are in order of time and cost %d predictions', async (times, count) => {
  expect(await places(times)).toEqual({frames: times, made: count});
});

test('halving reaches 1/8 and 3/32, and no third or tenth', () => {
  expect([1 / 8, 3 / 32, 1 / 3, 0.1].map(isHalving)).toEqual([true, true, false, false]);
});

/** A maker that blends, and counts how it was asked. */
function blender(anyTimestep: boolean) {
  const asked: number[] = [];
  const maker: Maker = {
    anyTimestep,
    predict: async (img0, img1, t) => {
      asked.push(t);
      return Float32Array.from(img0.data, (value, i) => (1 - t) * value + t * img1.data[i]!);
    },
  };
  return {maker, asked};
}

const pairOf = (img0: Picture, img1: Picture) => ({img0, img1, width: 1, height: 1});
const flat = (value: number): Picture => ({width: 1, height: 1, data: new Float32Array(3).fill(value)});

test.each<[string, boolean, 'direct' | 'midpoints', number[]]>([
  ['a network with a timestep is asked for each time', true, 'direct', [0.25, 0.75]],
  ['one without is asked for middles', false, 'direct', [0.5, 0.5, 0.5]],
  ['and so is one with a timestep where the protocol wants midpoints', true, 'midpoints', [0.5, 0.5, 0.5]],
])('%s', async (_, anyTimestep, way, expected) => {
  const {maker, asked} = blender(anyTimestep);
  const values: number[] = [];
  for await (const data of framesAt(maker, pairOf(flat(0), flat(1)), [0.25, 0.75], 4, {times: way}))
    values.push(data[0]!);
  expect(values).toEqual([0.25, 0.75]);
  expect(asked).toEqual(expected);
});

test('a script that feeds RGB gets its frames back in BGR', async () => {
  const fed: number[][] = [];
  const maker: Maker = {
    anyTimestep: true,
    predict: async ({data}) => (fed.push([...data]), Float32Array.of(1, 2, 3)),
  };
  const picture = {width: 1, height: 1, data: Uint8Array.of(10, 20, 30)};
  const frames = framesAt(maker, pairOf(picture, picture), [0.5], 1, {channels: 'rgb'});
  expect([...(await frames.next()).value]).toEqual([3, 2, 1]);
  expect(fed).toEqual([[30, 20, 10]]);
});

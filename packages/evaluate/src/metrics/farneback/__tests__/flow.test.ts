/** Flows against those of cv2 5.0.0, called as in `../flow.ts`. */
import {fixturePicture} from '../../__tests__/helpers/pictures.js';
import {flowBetween, meanLength, type Flow} from '../flow.js';
import {greyOf, type GreyPicture} from '../grey.js';

/** Sums of waves that have moved, in whole grey values. */
function waves(height: number, width: number, [dx, dy]: readonly [number, number] = [0, 0]): GreyPicture {
  const data = new Float32Array(height * width);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [(i % width) - dx, Math.floor(i / width) - dy];
    const {sin, cos, round} = Math;
    data[i] = round(128 + 50 * sin(x / 9 + y / 21) + 40 * cos(x / 5 - y / 7) + 20 * sin(x / 31 + y / 3));
  }
  return {width, height, data};
}

const at = ({width, data}: Flow, row: number, column: number) => {
  const i = 2 * (row * width + column);
  return [data[i]!, data[i + 1]!] as const;
};

function mean({data}: Flow) {
  const sums = [0, 0] as [number, number];
  data.forEach((value, i) => (sums[i % 2]! += value));
  return sums.map(sum => (2 * sum) / data.length);
}

const expectPair = (got: readonly number[], [dx, dy]: readonly [number, number], digits: number) => {
  expect(got[0]).toBeCloseTo(dx, digits);
  expect(got[1]).toBeCloseTo(dy, digits);
};

type Pair = readonly [number, number];

// At the larger size one pixel's flow is hardly determined: it moves the mean by 1e-5.
test.each<[number, number, Pair, Pair, Pair, number]>([
  [64, 96, [-3.021081, -1.516869], [-2.26243, -1.523707], [-2.565331, -1.89858], 5],
  [256, 448, [-2.498117, -2.001377], [-2.262424, -1.523668], [-2.67735, -1.754502], 4],
])(
  'the flow of fixture frames of %i x %i is that of OpenCV',
  async (h, w, inside, corner, average, digits) => {
    const flow = await flowBetween(greyOf(fixturePicture(0, h, w, 0)), greyOf(fixturePicture(0, h, w, 0.5)));
    expectPair(at(flow, 32, 48), inside, 5);
    expectPair(at(flow, 0, 0), corner, 5);
    expectPair(mean(flow), average, digits);
  },
);

// Odd sides, sides at which levels stop early, and steps that only the coarser levels find.
test.each<[number, number, Pair, Pair, Pair, number]>([
  [61, 97, [1.5, -0.75], [1.49022, -0.754458], [0.482077, -0.392205], 1.643276],
  [61, 97, [9, 6], [8.966618, 5.992615], [8.941394, 3.328229], 11.220269],
  [33, 40, [9, 6], [9.452563, 6.513551], [5.804388, 4.484175], 11.844082],
  [32, 32, [1.5, -0.75], [1.49253, -0.749081], [0.129013, -0.153857], 1.565804],
  [20, 300, [9, 6], [11.101189, 9.486506], [8.995118, 6.093475], 12.282695],
  [255, 448, [9, 6], [8.967992, 5.978066], [1.392879, 2.515147], 10.75477],
  [480, 640, [9, 6], [8.964162, 5.975647], [2.593593, 2.597427], 10.752656],
])('waves of %i x %i that move by %j have the flow of OpenCV', async (h, w, step, centre, last, length) => {
  const flow = await flowBetween(waves(h, w), waves(h, w, step));
  expectPair(at(flow, Math.floor(h / 2), Math.floor(w / 2)), centre, 4);
  expectPair(at(flow, h - 1, w - 1), last, 4);
  expect(meanLength(flow)).toBeCloseTo(length, 5);
});

test("a picture's flow to itself is that of its border alone, and none where it is flat", async () => {
  const flat = {width: 50, height: 40, data: new Float32Array(2000).fill(77)};
  expect(meanLength(await flowBetween(flat, flat))).toBe(0);
  expect(meanLength(await flowBetween(waves(64, 96), waves(64, 96)))).toBeLessThan(0.01);
});

test('flows that were computed before keep their values', async () => {
  const first = await flowBetween(waves(40, 60), waves(40, 60, [2, 1]));
  const before = Array.from(first.data);
  for (let i = 0; i < 3; i++) await flowBetween(waves(40, 60, [i, 0]), waves(40, 60));
  expect(Array.from(first.data)).toEqual(before);
});

test('the length of a difference is taken pixel by pixel', () => {
  const flow = (...data: number[]) => ({width: 2, height: 1, data: Float32Array.from(data)});
  expect(meanLength(flow(3, 4, 0, 0))).toBe(2.5);
  expect(meanLength(flow(3, 4, 1, 1), flow(0, 0, 1, 3))).toBe(3.5);
});

test('pictures of two sizes, and those beyond the memory of OpenCV, are refused', async () => {
  await expect(flowBetween(waves(32, 40), waves(40, 32))).rejects.toMatchObject({
    code: 'RIFE_ERR_EVAL_SIZES',
  });
  const large = {width: 7680, height: 4320, data: new Float32Array(0)};
  await expect(flowBetween(large, large)).rejects.toMatchObject({code: 'RIFE_ERR_EVAL_FLOW_SIZE'});
});

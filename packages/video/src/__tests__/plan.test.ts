import {noCounts, outputsOf, type Between, type SourceFrame} from '../plan/outputs.js';
import {nearestRate, parseRate, rateOf, rateText} from '../plan/rate.js';
import {quantized} from '../scene/likeness.js';
import {evenSides} from '../write/evenSides.js';
import {clockOf, OutputTimes, toTick} from '../plan/timeline.js';

test('rates are exact fractions', () => {
  expect(parseRate('23.976')).toEqual({over: 24000, under: 1001});
  expect(parseRate('59.94')).toEqual({over: 60000, under: 1001});
  expect(parseRate('48000/2002')).toEqual({over: 24000, under: 1001});
  expect(parseRate('12.5')).toEqual({over: 25, under: 2});
  expect(rateText(nearestRate(25.00001))).toBe('25');
  for (const bad of ['', '0', '-5', 'fast', '1/0']) expect(parseRate(bad)).toBeUndefined();
});

const positions = (times: OutputTimes, ticks: readonly number[]) =>
  ticks.slice(1).flatMap((to, i) => {
    const from = ticks[i]!;
    const list: string[] = [];
    for (let k = times.firstFrom(from); k < times.firstFrom(to); k++) {
      const {over, under} = times.position(k, from, to);
      list.push(over === 0 ? String(from) : `${from}+${over}/${under}`);
    }
    return list;
  });

test('24000/1001 to 60: positions are exact after a million frames', () => {
  const fps = rateOf(24000, 1001);
  const times = new OutputTimes({rate: fps, fps, isConstant: true}, rateOf(60, 1));
  expect(positions(times, [0, 1, 2])).toEqual([
    '0',
    '0+400/1001',
    '0+800/1001',
    '1+199/1001',
    '1+599/1001',
    '1+999/1001',
  ]);
  const far = 400 * 2500;
  expect(positions(times, [far, far + 1])[0]).toBe(String(far));
  expect(times.denominator).toBe(1001);
});

test('a halved rate takes every second original', () => {
  const fps = rateOf(30, 1);
  const times = new OutputTimes({rate: fps, fps, isConstant: true}, rateOf(15, 1));
  expect(positions(times, [0, 1, 2, 3, 4])).toEqual(['0', '2']);
});

describe('clock', () => {
  const milliseconds = {over: 1000, under: 1};
  test('of times rounded to milliseconds, with a missing frame', () => {
    const times = Array.from({length: 40}, (_, i) => Math.round((i * 1001) / 24)).filter((_, i) => i !== 17);
    const clock = clockOf({times, base: milliseconds});
    expect(clock).toMatchObject({isConstant: true, fps: {over: 24000, under: 1001}});
    expect(times.map(time => toTick(time, milliseconds, clock)).slice(15, 19)).toEqual([15, 16, 18, 19]);
  });

  test('of a variable rate is that of the container; outputs snap to frames within its rounding', () => {
    const times = [0, 33, 67, 100, 200, 300, 400, 433, 467, 500];
    const clock = clockOf({times, base: milliseconds});
    expect(clock).toMatchObject({isConstant: false, rate: milliseconds});
    const outputs = new OutputTimes(clock, rateOf(30, 1));
    expect(positions(outputs, times)).toEqual([
      '0',
      '33',
      '67',
      '100',
      '100+1/3',
      '100+2/3',
      '200',
      '200+1/3',
      '200+2/3',
      '300',
      '300+1/3',
      '300+2/3',
      '400',
      '433',
      '467',
    ]);
  });
});

describe('outputs', () => {
  const fps = rateOf(1, 1);
  const clock = {rate: fps, fps, isConstant: true};
  const frame = (tick: number, value: number, second = value): SourceFrame => ({
    tick,
    data: Uint8Array.from({length: 64 * 64 * 3}, (_, i) => (Math.floor(i / 96) % 2 === 0 ? value : second)),
  });
  const between: Between = async (img0, img1, {over, under}) =>
    Float32Array.of(img0[0]!, img1[0]!, Math.round((1000 * over) / under));
  async function* source(frames: SourceFrame[]) {
    yield* frames;
  }
  async function run(frames: SourceFrame[], multi: number, scene = 0.2) {
    const counts = noCounts();
    const times = new OutputTimes(clock, rateOf(multi, 1));
    const list: (number | number[])[] = [];
    for await (const output of outputsOf(source(frames), {
      width: 64,
      height: 64,
      times,
      between,
      scene,
      lastTicks: 1,
      counts,
    })) {
      const pixels = await output.pixels();
      list.push(pixels instanceof Float32Array ? [...pixels] : pixels[0]!);
    }
    return {counts, list};
  }

  test('made between; the last frame stays', async () => {
    const {list, counts} = await run([frame(0, 10, 200), frame(1, 20, 190)], 4);
    expect(list).toEqual([10, [10, 20, 250], [10, 20, 500], [10, 20, 750], 20, 20, 20, 20]);
    expect(counts).toMatchObject({originals: 5, made: 3, read: 2});
  });

  test('across a cut the nearer original, unless cuts are not looked for', async () => {
    const frames = [frame(0, 0, 255), frame(1, 255, 0)];
    expect((await run(frames, 4)).list).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    expect((await run(frames, 4)).counts).toMatchObject({cuts: 1, made: 0});
    expect((await run(frames, 4, 0)).counts).toMatchObject({cuts: 0, made: 3});
  });

  test('equal frames are not blended; frames without a later time are left out', async () => {
    const {list, counts} = await run([frame(0, 7), frame(1, 7), frame(1, 9)], 2);
    expect(list).toEqual([7, 7, 7, 7]);
    expect(counts).toMatchObject({static: 1, untimely: 1, made: 0});
  });
});

test('values are rounded to the nearest byte or 16-bit value', () => {
  expect([...quantized(Float32Array.of(0, 0.4 / 255, 0.6 / 255, 1, 1.5, -1), false)]).toEqual([
    0, 0, 1, 255, 255, 0,
  ]);
  expect([...quantized(Float32Array.of(0.6 / 255), false, 'down')]).toEqual([0]);
  expect([...quantized(Float32Array.of(0.5, 1), true)]).toEqual([32768, 65535]);
});

test('an odd side has its last line twice', () => {
  const frame = Uint8Array.from({length: 3 * 1 * 3}, (_, i) => i);
  expect([...evenSides(frame, 3, 1)]).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 6, 7, 8,
  ]);
  expect(evenSides(frame.subarray(0, 6), 2, 1).length).toBe(12);
});

/** Small networks of every kind, with weights that no part leaves alone. */
import {Networks, openPredictor, type Frame, type FrameOptions, type Model} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import type {ExportSource} from '../../network/network.js';

const networks = new Networks(NETWORKS);

/** One version of each architecture. */
const RIFE4_KINDS =
  '4.0 4.2 4.5 4.6 4.7 4.10 4.13 4.14.lite 4.15.lite 4.20 4.22 4.25 4.25.lite 4.26.heavy'.split(' ');

const blocksOf = (version: string) => networks.create({name: 'RIFE4', version} as never).options.scales;

/** Options of every kind, by name. */
export const KINDS: Readonly<Record<string, Record<string, unknown>>> = {
  IFNet: {name: 'IFNet', widths: [16, 8, 8]},
  'IFNet with batch norm': {name: 'IFNet', widths: [16, 8, 8], norm: 'batch'},
  'IFNet with a fourth stage, fusion and dilated convolutions': {
    name: 'IFNet',
    scales: [8, 4, 2, 1],
    widths: [16, 8, 8, 8],
    fusion: true,
    receptiveField: 'dilated',
  },
  'IFNet with large kernels': {name: 'IFNet', widths: [16, 8, 8], receptiveField: 'large-kernel'},
  IFNet_m: {name: 'IFNet_m', widths: [16, 8, 8]},
  ...Object.fromEntries(
    RIFE4_KINDS.map(version => [
      `RIFE4 ${version}`,
      {name: 'RIFE4', version, widths: blocksOf(version).map((_, i) => (i === 0 ? 16 : 8))},
    ]),
  ),
};

/** Numbers in 0..1 that are always the same. */
export function* numbersFrom(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Factors, slopes and statistics that are not 1 or 0, and flows of some pixels. */
function disturbed(name: string, values: Float32Array, random: Generator<number>): Float32Array {
  const next = () => random.next().value as number;
  if (/beta|running_var/.test(name)) return values.map(value => value * (0.5 + next()));
  if (/bias|running_mean/.test(name)) return values.map(value => value + 0.2 * (next() - 0.5));
  return /lastconv/.test(name) ? values.map(value => 3 * value) : values;
}

/** A network that can be exported. */
export function sourceOf(kind: string): ExportSource {
  const model: Model = networks.create(KINDS[kind] as never);
  const random = numbersFrom(5);
  const weights = new Map([...model.initialize(3)].map(([name, x]) => [name, disturbed(name, x, random)]));
  return {model, weights, plugins: undefined};
}

/** A frame of smooth colours. */
export function frameOf(height: number, width: number, shift = 0): Frame {
  const data = Float32Array.from({length: height * width * 3}, (_, i) => {
    const [x, y, c] = [(Math.floor(i / 3) % width) + shift, Math.floor(i / 3 / width), i % 3];
    return (
      0.5 + 0.3 * Math.sin(0.21 * x + c) * Math.cos(0.13 * y) + 0.2 * Math.sin(0.05 * x * (c + 1) - 0.4 * y)
    );
  });
  return {height, width, data};
}

/** [H,W,3] RGB of BGR, and back. */
export const exchanged = (data: Float32Array): Float32Array =>
  Float32Array.from(data, (_, i) => data[i + 2 - 2 * (i % 3)]!);

/** Our own frame, RGB. */
export async function predicted(
  source: ExportSource,
  img0: Frame,
  img1: Frame,
  timestep: number,
  options: FrameOptions = {},
): Promise<Float32Array> {
  const predictor = openPredictor({...source, engine: () => createEngine()});
  try {
    return exchanged((await predictor.predict(img0, img1, timestep, options)).refined);
  } finally {
    await predictor.close();
  }
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a).toHaveLength(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

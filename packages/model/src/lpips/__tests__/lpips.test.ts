/**
 * LPIPS against the package `lpips` 0.1.4 in float64, with the fixtures' weights in AlexNet
 * (bench/twin/lpips_fixture.py): each layer, the distance, captured and eager.
 */
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Frame} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {fixtureFrame, fixtureWeights, outside} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {openLpips, type Lpips} from '../../index.js';
import {fromFile} from '../../layout.js';
import {ALEX_SPECS} from '../alexNet.js';
import {linearWeights, lpipsLayers} from '../distance.js';

interface Recorded {
  timestep: number;
  linear: string;
  cases: {h: number; w: number; k: number; layers: number[]; distance: number}[];
}
const RECORDED = JSON.parse(readFileSync(join(__dirname, 'fixtures/lpips.json'), 'utf8')) as Recorded;
const {cases, timestep} = RECORDED;

/** He's initialisation has six times the variance of the fixtures' weights. */
const GAIN = Math.fround(Math.sqrt(6));

function alexNet(): Map<string, Float32Array> {
  const values = fixtureWeights({parameters: [...ALEX_SPECS]});
  return new Map(
    ALEX_SPECS.map(spec => {
      const own = values.get(spec.name)!;
      return [spec.name, fromFile(spec, spec.name.endsWith('.weight') ? own.map(x => x * GAIN) : own)];
    }),
  );
}

function picture(k: number, height: number, width: number, t: number): Frame {
  const [planes, area] = [fixtureFrame(k, height, width, t), height * width];
  const data = Uint8Array.from({length: 3 * area}, (_, i) => planes[(i % 3) * area + Math.floor(i / 3)]!);
  return {height, width, data};
}
const inUnits = ({height, width, data}: Frame): Frame => ({
  height,
  width,
  data: Float32Array.from(data, x => x / 255),
});
const pairOf = ({k, h, w}: Recorded['cases'][number]) =>
  [picture(k, h, w, 0), picture(k, h, w, timestep)] as const;
const tensorOf = (frame: Frame) => tf.tensor4d(inUnits(frame).data, [1, frame.height, frame.width, 3]);

const weights = alexNet();
const opened: Partial<Record<'captured' | 'eager', Lpips>> = {};

beforeAll(async () => {
  for (const execution of ['captured', 'eager'] as const)
    opened[execution] = await openLpips({engine: await createEngine({execution}), weights});
});
afterAll(() => {
  for (const lpips of Object.values(opened)) lpips.close();
});

test('the learnt weights are those of the package, and none is below 0', () => {
  const layers = linearWeights();
  const bytes = layers.map(({buffer}) => Buffer.from(buffer));
  expect(createHash('sha256').update(Buffer.concat(bytes)).digest('hex')).toBe(RECORDED.linear);
  expect(layers.map(({length}) => length)).toEqual([64, 192, 384, 256, 256]);
  expect(layers.every(layer => layer.every(x => x >= 0))).toBe(true);
});

test.each(cases)('$h x $w: the share of each layer', each => {
  const wrong = tf.tidy(() => {
    const p = Object.fromEntries(
      ALEX_SPECS.map(({name, shape}) => [name, tf.tensor(weights.get(name)!, [...shape])]),
    );
    const [a, b] = pairOf(each).map(tensorOf) as [tf.Tensor4D, tf.Tensor4D];
    const shares = [...lpipsLayers(p, a, b).dataSync()];
    expect(shares).toHaveLength(5);
    return shares.flatMap((share, i) =>
      outside('LPIPS: layers', Math.abs(share / each.layers[i]! - 1), `layer ${i}`),
    );
  });
  expect(wrong).toEqual([]);
});

describe.each(['captured', 'eager'] as const)('%s', execution => {
  test.each(cases)('$h x $w: the distance of bytes, and of a prediction', async each => {
    const [a, b] = pairOf(each);
    const distance = await opened[execution]!.distance(a, b);
    expect(outside('LPIPS: distances', Math.abs(distance / each.distance - 1), execution)).toEqual([]);
    expect(await opened[execution]!.distance(inUnits(a), b)).toBe(distance);
  });
});

test('pictures of several sizes in turn, and all at once', async () => {
  const lpips = opened.captured!;
  const alone: number[] = [];
  for (const each of cases) alone.push(await lpips.distance(...pairOf(each)));
  expect(await Promise.all(cases.map(each => lpips.distance(...pairOf(each))))).toEqual(alone);
});

test('equal pictures have the distance 0, and the order does not matter', async () => {
  const [a, b] = pairOf(cases[1]!);
  const lpips = opened.captured!;
  expect(await lpips.distance(a, inUnits(a))).toBe(0);
  expect(await lpips.distance(a, b)).toBe(await lpips.distance(b, a));
});

test('features that are all 0 have no length, and no distance', async () => {
  const zeros = new Map([...weights].map(([name, {length}]) => [name, new Float32Array(length)]));
  const dead = await openLpips({engine: await createEngine(), weights: zeros});
  expect(await dead.distance(...pairOf(cases[1]!))).toBe(0);
  dead.close();
});

test('pictures that are too small, or of two sizes, are refused, and others still measured', async () => {
  const lpips = opened.captured!;
  const of = (height: number, width: number) => picture(0, height, width, 0);
  const code = 'RIFE_ERR_ENGINE_OPS_SHAPE';
  await expect(lpips.distance(of(30, 40), of(30, 40))).rejects.toMatchObject({
    code,
    message: expect.stringContaining('"a" has shape [30,40]. It must be at least 31x31 pixels'),
  });
  await expect(lpips.distance(of(40, 31), of(31, 40))).rejects.toMatchObject({
    code,
    message: expect.stringContaining('"b" has shape [31,40]. It must be [40, 31]'),
  });
  expect(await lpips.distance(of(31, 40), of(31, 40))).toBe(0);
});

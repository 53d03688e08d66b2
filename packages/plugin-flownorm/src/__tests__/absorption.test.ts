/** Lost corrections, counted in JavaScript's own float32. */
import '@tensorflow/tfjs-backend-cpu';
import type {FlowInfo, Trace} from '@rife-train/core';
import {seededRandom} from '@rife-train/testing';
import * as tf from '@tensorflow/tfjs-core';
import {FlowSum} from '../absorption.js';
import {absorbedShare} from '../index.js';

// Keeps tfjs from advertising its native engine.
tf.env().set('IS_TEST', true);

const flowOf = (values: readonly number[]) => tf.tensor4d([...values], [1, 1, values.length / 4, 4]);
const info = (stage: number): FlowInfo => ({block: `block${stage}`, stage, scale: 1, role: 'student'});
const number = (x: tf.Scalar | undefined) => x?.dataSync()[0];

/** By hand: pixels where no channel changes, though one should. */
function shareByHand(flow: readonly number[], correction: readonly number[]): number {
  const pixels = flow.length / 4;
  const lost = Array.from({length: pixels}, (_, pixel) => {
    const channels = [0, 1, 2, 3].map(c => 4 * pixel + c);
    const isSame = channels.every(i => Math.fround(flow[i]! + correction[i]!) === flow[i]);
    return isSame && channels.some(i => correction[i] !== 0);
  });
  return lost.filter(Boolean).length / pixels;
}

const random = seededRandom(8);
const values = (pixels: number, factor: number) =>
  Array.from({length: 4 * pixels}, () => Math.fround(factor * (random() - 0.5)));

test.each([1, 1e3, 1e5, 3e5, 1e7])('flows of about %p px with corrections of about 0.01', size => {
  // From half of the size up: next to 0 nothing gets lost.
  const flow = values(256, size).map(x => Math.fround(x + Math.sign(x) * (size / 2)));
  const correction = values(256, 0.02);
  const sum = flowOf(flow.map((x, i) => Math.fround(x + correction[i]!)));
  const share = number(absorbedShare(flowOf(flow), sum, flowOf(correction)));
  expect(share).toBe(shareByHand(flow, correction));
  if (size <= 1e3) expect(share).toBe(0);
  if (size >= 1e5) expect(share).toBeGreaterThan(0);
  if (size >= 1e7) expect(share).toBe(1);
});

test('0.01 at 1e6 is lost, as RIFE would meet it; half a unit decides', () => {
  const of = (flow: number, d: number) => number(new Adder([flow, flow, flow, flow]).share([d, d, d, d]));
  expect(of(1e6, 0.01)).toBe(1);
  // The unit in the last place of 1e6 is 1/16.
  expect(of(1e6, 0.031)).toBe(1);
  expect(of(1e6, 0.032)).toBe(0);
  expect(of(100, 0.01)).toBe(0);
});

class Adder {
  private readonly sums = new FlowSum();
  private readonly trace = {} as Trace;
  private stage = 0;

  constructor(first: readonly number[]) {
    this.share(first);
  }

  share(flow: readonly number[]) {
    return this.sums.add(flowOf(flow), info(this.stage++), this.trace);
  }
}

test('a block that wants nothing loses nothing; one changed channel is enough to be there', () => {
  const adder = new Adder([1e6, 1e6, 1e6, 0]);
  expect(number(adder.share([0, 0, 0, 0]))).toBe(0);
  expect(number(adder.share([0.01, 0.01, 0.01, 0.01]))).toBe(0);
  expect(number(adder.share([0.01, 0, 0, 0]))).toBe(1);
});

test('what is not a number is no equality', () => {
  expect(number(new Adder([NaN, 1, 1, 1]).share([NaN, 1e-20, 1e-20, 1e-20]))).toBe(0);
});

test('adds up over the blocks of a trace, and starts afresh at the first block and in another trace', () => {
  const sums = new FlowSum();
  const [one, other] = [{}, {}] as [Trace, Trace];
  const half = flowOf([5e5, 5e5, 5e5, 5e5]);
  const small = flowOf([0.02, 0.02, 0.02, 0.02]);
  expect(sums.add(half, info(0), one)).toBeUndefined();
  // 0.02 is above half a unit at 5e5 (1/64), not at 1e6 (1/32).
  expect(number(sums.add(small, info(1), one))).toBe(0);
  expect(number(sums.add(half, info(2), one))).toBe(0);
  expect(number(sums.add(small, info(3), one))).toBe(1);
  expect(sums.add(small, info(0), other)).toBeUndefined();
  expect(sums.add(half, info(0), one)).toBeUndefined();
  expect(number(sums.add(small, info(1), one))).toBe(0);
});

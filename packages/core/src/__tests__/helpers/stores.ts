/** Stores with checkpoints, without a trainer. */
import path from 'node:path';
import {encodeSafetensors} from '@rife-train/files';
import {CheckpointStore} from '../../checkpoint/store.js';
import {STATE_VERSION} from '../../checkpoint/migrations.js';
import {temporaryFolder} from './harness.js';

/** A checkpoint whose every number is its step. */
export function contentOf(step: number) {
  const length = 4;
  const tensors = (name: string) =>
    new Map([[name, {shape: [length], values: new Float32Array(length).fill(step)}]]);
  const state = {
    version: STATE_VERSION,
    step,
    updates: step,
    dataIndex: step,
    avoided: [],
    model: {name: 'Fake', options: {name: 'Fake', scales: [], widths: []}},
    config: {steps: 9, seed: 1, data: {}, optim: {}, plugins: []},
    plugins: {},
    rng: {seed: 1},
    setbacks: {nonFinite: 0, refused: 0, rollbacks: 0, furthest: step},
  };
  return {state, weights: encodeSafetensors(tensors('w')), optimizer: encodeSafetensors(tensors('adam.m/w'))};
}

export async function storeWith(steps: readonly number[], keep = 9) {
  const out = temporaryFolder();
  const store = new CheckpointStore(out, keep);
  for (const step of steps) await store.save(contentOf(step));
  return {store, out, at: (...parts: string[]) => path.join(store.folder, ...parts)};
}

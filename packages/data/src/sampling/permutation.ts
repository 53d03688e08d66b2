/**
 * Permutations of 0..size-1 that can be evaluated at any index, without a list: an epoch of
 * millions needs no memory, and a run can resume anywhere in it.
 */
import {createRandom} from './random.js';

/** Seed of a permutation, four words. */
export type PermutationKey = readonly [seed: number, epoch: number, stratum: number, pass: number];

const ROUNDS = 6;
/** Distinguishes permutations from the streams of samples, whose last word counts attempts. */
const OWN_STREAMS = 0x8000_0000;

/** Round keys of a permutation, cached: an epoch uses the same ones repeatedly. */
const remembered = new Map<string, readonly number[]>();
const REMEMBERED = 1024;

function roundKeys(key: PermutationKey): readonly number[] {
  const name = key.join();
  const known = remembered.get(name);
  if (known) return known;
  const [seed, epoch, stratum, pass] = key;
  const random = createRandom(seed, epoch, stratum, OWN_STREAMS + pass);
  const keys = Array.from({length: ROUNDS}, () => random.below(2 ** 32));
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(name, keys);
  return keys;
}

/** A 32-bit mixer (Wellons, lowbias32). */
function mixed(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * The number at place `index` of a permutation of 0..size-1: a Feistel network over the smallest
 * even number of bits that holds `size`, walked on until the result is below it (Black and Rogaway,
 * 2002), at most four times as often as once on average.
 * @param size at most 2^52
 */
export function permuted(index: number, size: number, key: PermutationKey): number {
  const half = Math.max(1, Math.ceil(Math.ceil(Math.log2(Math.max(2, size))) / 2));
  const base = 2 ** half;
  const keys = roundKeys(key);
  let value = index;
  do {
    let [left, right] = [Math.floor(value / base), value % base];
    for (const roundKey of keys) [left, right] = [right, (left ^ (mixed(right ^ roundKey) % base)) >>> 0];
    value = left * base + right;
  } while (value >= size);
  return value;
}

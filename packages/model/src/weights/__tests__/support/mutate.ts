/** Damages bytes as real files are damaged, and in the ways that harm readers most. Seeded. */
export type Random = (below: number) => number;

/** mulberry32: integers from 0 up to `below`. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export const pick = <T>(random: Random, items: readonly T[]): T => items[random(items.length)]!;

type Mutation = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

/** Numbers with which lengths, counts and offsets go wrong. */
const EXTREMES = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
/** Opcodes of pickle, allowed or not. */
const OPCODES = Buffer.from('().012IJKLMNQRSTUVXabcdeghijlopqrstu]}GBCF', 'latin1');
const BINARY_OPCODES = Array.from({length: 0x99 - 0x80}, (_, i) => 0x80 + i);

/** A range of the bytes, usually short. */
function stretch(length: number, random: Random): [number, number] {
  const begin = random(length + 1);
  const size = random(random(4) === 0 ? length + 1 : 17);
  return [begin, Math.min(length, begin + size)];
}

const flipBits: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes);
  for (let i = 0, flips = 1 + random(8); i < flips && copy.length > 0; i++)
    copy[random(copy.length)]! ^= 1 << random(8);
  return copy;
};

const truncate: Mutation = (bytes, random) => bytes.subarray(0, random(bytes.length + 1));

const remove: Mutation = (bytes, random) => {
  const [begin, end] = stretch(bytes.length, random);
  return Buffer.concat([bytes.subarray(0, begin), bytes.subarray(end)]);
};

const repeat: Mutation = (bytes, random) => {
  const [begin, end] = stretch(bytes.length, random);
  const copies = Array.from({length: 1 + random(40)}, () => bytes.subarray(begin, end));
  return Buffer.concat([bytes.subarray(0, end), ...copies, bytes.subarray(end)]);
};

const insert: Mutation = (bytes, random) => {
  const at = random(bytes.length + 1);
  const noise = Buffer.from(Array.from({length: 1 + random(16)}, () => random(256)));
  return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
};

const splice: Mutation = (bytes, random, others) => {
  const other = pick(random, others);
  const [begin, end] = stretch(other.length, random);
  const [from, to] = stretch(bytes.length, random);
  return Buffer.concat([bytes.subarray(0, from), other.subarray(begin, end), bytes.subarray(to)]);
};

/** Sets one, two, four or eight bytes to an extreme, or to just about the length of the whole. */
const setField: Mutation = (bytes, random) => {
  const size = pick(random, [1, 2, 4, 8]);
  if (bytes.length < size) return bytes;
  const field = Buffer.alloc(8);
  const near = BigInt(Math.max(0, bytes.length + random(9) - 4));
  field.writeBigUInt64LE(random(4) === 0 ? near : pick(random, EXTREMES));
  const copy = Buffer.from(bytes);
  field.copy(copy, random(bytes.length - size + 1), 0, size);
  return copy;
};

const setOpcode: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[random(copy.length)] = pick(random, random(2) ? [...OPCODES] : BINARY_OPCODES);
  return copy;
};

const MUTATIONS: readonly Mutation[] = [
  flipBits,
  truncate,
  remove,
  repeat,
  insert,
  splice,
  setField,
  setField,
  setOpcode,
  setOpcode,
];

/**
 * Damaged bytes: one to three mutations.
 * @param others what splicing takes its pieces from
 */
export function mutate(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  let damaged = bytes;
  for (let i = 0, times = 1 + random(3); i < times; i++)
    damaged = pick(random, MUTATIONS)(damaged, random, others);
  return damaged;
}

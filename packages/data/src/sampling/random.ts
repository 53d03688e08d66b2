/** Uniform numbers of one sample. */
export interface Random {
  /** In [0,1), a multiple of 2^-32. */
  uniform(): number;
  /** Whole number in [0, count). */
  below(count: number): number;
}

/** Rounds after which all bits of the seed have reached all bits of the state. */
const WARM_UP = 15;

/**
 * The generator sfc32 (Doty-Humphrey, PractRand; 128 bits of state) seeded by four 32-bit words.
 * Each of its steps is a bijection of the state, so different words can never give the same stream:
 * a sample's numbers depend on (seed, batch, sample, attempt) alone, and not on what was drawn
 * before.
 */
export function createRandom(seed: number, batch: number, sample: number, attempt: number): Random {
  let [a, b, c, counter] = [seed | 0, batch | 0, sample | 0, attempt | 0];
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < WARM_UP; i++) step();
  const uniform = () => step() / 2 ** 32;
  return {uniform, below: count => Math.floor(uniform() * count)};
}

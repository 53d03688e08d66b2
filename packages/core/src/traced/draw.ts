/** What is drawn for each step: the variant of the training pass, and a number for the network. */
import type {PassVariant, Progress, StepDraw} from '../contract/index.js';
import type {EntryTrace} from './trace.js';

/** Scalar with the number of {@link StepDraw.uniform}. */
const UNIFORM = 'step.uniform';
/** Independent draws of a step. */
const STREAMS = {variant: 0, uniform: 1};

/** The finalizer of MurmurHash3: a changed bit of the input changes about half of the output's. */
function mixed(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** In [0,1), a multiple of 2^-24, which float32 holds exactly. */
export function uniformAt(seed: number, step: number, stream: keyof typeof STREAMS): number {
  const words = [seed, step, STREAMS[stream]];
  const hash = words.reduce((hash, word) => mixed(((hash + 0x9e3779b9) | 0) ^ (word | 0)), 0);
  return (hash >>> 8) * 2 ** -24;
}

/**
 * The variant that a step trains: a function of seed and step alone, so that replicas, resumed runs
 * and repeated steps agree.
 */
export function variantAt(
  variants: readonly PassVariant[] | undefined,
  seed: number,
  step: number,
): string | undefined {
  if (!variants) return undefined;
  let left = uniformAt(seed, step, 'variant');
  const drawn = variants.find(({share}) => (left -= share) < 0);
  return (drawn ?? variants.at(-1))?.name;
}

/** The draw as a network sees it while it is traced. */
export function drawOf(trace: EntryTrace, seed: number, variant: string | undefined): StepDraw {
  const value = ({step}: Progress) => uniformAt(seed, step, 'uniform');
  return {variant, uniform: () => trace.scalar(UNIFORM, value)};
}

/**
 * Weights of a network with fewer stages, for one with more. Layout of files: convolutions are
 * [out, in, height, width].
 */
import type {FileTensor, FileTensors, WeightsInfo} from '@rife-train/core';

type Network = WeightsInfo['model'];

/** Result of moving the tensors of a file. */
export interface Shifted {
  tensors: FileTensors;
  /** For the log. */
  note?: string;
  /** Why nothing was moved although the numbers of blocks differ. */
  warning?: string;
}

const BLOCK = /^block(\d{1,2})\./;
/** img0 and img1: inputs of a network's first block, besides the timestep. */
const PAIR = 6;

/** Index of the last student block, plus one. */
export function countBlocks(tensors: FileTensors): number {
  const indices = [...tensors.keys()].map(name => Number(BLOCK.exec(name)?.[1] ?? -1));
  return indices.reduce((most, index) => Math.max(most, index + 1), 0);
}

/** `block0.x` becomes `block2.x`; the teacher and everything outside blocks stays. */
const moved = (name: string, by: number) => name.replace(BLOCK, (_, index) => `block${Number(index) + by}.`);

/**
 * The first convolution of a block, with weights of 0 for new inputs. Its existing inputs stay
 * first.
 */
export function paddedInputs({shape, values}: FileTensor, inputs: number): FileTensor {
  const [out, before, height, width] = shape as [number, number, number, number];
  const [from, to] = [before * height * width, inputs * height * width];
  const padded = new Float32Array(out * to);
  for (let o = 0; o < out; o++) padded.set(values.subarray(o * from, (o + 1) * from), o * to);
  return {shape: [out, inputs, height, width], values: padded};
}

/**
 * Whether it saw only img0 and img1 (and the timestep, if the network sees it), and has more inputs
 * now.
 */
function canBePadded({shape}: FileTensor, inputs: number, {anyTimestep}: Network): boolean {
  const [, before = 0] = shape;
  return shape.length === 4 && before < inputs && (before === PAIR || (anyTimestep && before === PAIR + 1));
}

/**
 * Moves the blocks of a file after those that were added in front, so that each works at the scale
 * at which it was trained: the last block of the file becomes the last one of the network. The
 * file's first block gets 11 new inputs (the warped images, the mask, the flow); their weights
 * start from 0.
 * @param added number of blocks that the plugin put in front; a file may lack at most as many
 */
export function shiftedWeights(tensors: FileTensors, model: Network, added: number): Shifted {
  const blocks = model.options.scales.length;
  const found = countBlocks(tensors);
  const by = blocks - found;
  if (added === 0 || found === 0 || by === 0) return {tensors};
  if (by < 0 || by > added) {
    const expected = `${blocks - added} to ${blocks}`;
    return {
      tensors,
      warning: `the weights have ${found} student blocks, not ${expected}: they are not moved`,
    };
  }
  const result = new Map([...tensors].map(([name, tensor]) => [moved(name, by), tensor]));
  const first = `block${by}.conv0.0.0.weight`;
  const tensor = result.get(first);
  const inputs = model.parameters.find(({name}) => name === first)?.fileShape[1] ?? 0;
  if (tensor && canBePadded(tensor, inputs, model)) result.set(first, paddedInputs(tensor, inputs));
  const range = (from: number) => (found === 1 ? `block${from}` : `block${from} to block${from + found - 1}`);
  return {tensors: result, note: `${range(0)} of the weights are ${range(by)} here`};
}

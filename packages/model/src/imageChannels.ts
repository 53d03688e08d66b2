/**
 * BGR and RGB. The reference reads images with cv2.imread, so its weights (and ours) expect BGR.
 * Weights for RGB are the same numbers in another order: in each layer that takes or produces an
 * image, its three channels change places.
 * Axes: O channels out, I channels in, K kernel side.
 */
import {modelChannelsError} from '@rife-train/errors';
import type {WeightTensor} from './weights/types.js';

/** Channels of the parts of an input, in order; a part of three is an image. */
const IMAGE = 3;
const PAIR = [IMAGE, IMAGE];
const MASK = 1;
const FLOW = 4;
const TIMESTEP = 1;

/** Possible compositions of a layer's inputs, and their axis. */
interface ImageLayer {
  name: RegExp;
  axis: 0 | 1;
  inputs: readonly (readonly number[])[];
}

/**
 * An input of a block, without and, for IFNet_m, with the timestep directly after img0 and img1.
 */
const withAndWithoutTime = (...rest: number[]) => [
  [...PAIR, ...rest],
  [...PAIR, TIMESTEP, ...rest],
];

const LAYERS: readonly ImageLayer[] = [
  {name: /^block0\.conv0\.0\.0\.weight$/, axis: 1, inputs: withAndWithoutTime()},
  {name: /^block[1-9]\d*\.conv0\.0\.0\.weight$/, axis: 1, inputs: withAndWithoutTime(...PAIR, MASK, FLOW)},
  {name: /^block_tea\.conv0\.0\.0\.weight$/, axis: 1, inputs: withAndWithoutTime(...PAIR, MASK, IMAGE, FLOW)},
  {name: /^contextnet\.conv1\.conv1\.0\.weight$/, axis: 1, inputs: [[IMAGE]]},
  {name: /^unet\.down0\.conv1\.0\.weight$/, axis: 1, inputs: [[...PAIR, ...PAIR, MASK, FLOW]]},
  {name: /^unet\.conv\.(weight|bias)$/, axis: 0, inputs: [[IMAGE]]},
];

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Source of each channel: the channels of images are reversed, the others stay. */
const sources = (parts: readonly number[]) =>
  parts.flatMap((part, i) => {
    const start = sum(parts.slice(0, i));
    return Array.from({length: part}, (_, c) => start + (part === IMAGE ? IMAGE - 1 - c : c));
  });

/**
 * The same tensor with `order[i]` of an axis at place i; works on bytes, so any element type keeps
 * its bits.
 */
function reordered(tensor: WeightTensor, axis: number, order: readonly number[]): WeightTensor {
  const outer = tensor.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = tensor.bytes.length / (outer * order.length);
  const bytes = new Uint8Array(tensor.bytes.length);
  for (let o = 0; o < outer; o++)
    order.forEach((from, to) => {
      const start = (o * order.length + from) * inner;
      bytes.set(tensor.bytes.subarray(start, start + inner), (o * order.length + to) * inner);
    });
  return {...tensor, bytes};
}

/**
 * Converts weights for BGR images to weights for RGB images, and back: with the result, a network
 * treats images with reversed channels as it treated the images before. Names are without
 * `module.`.
 * @returns all tensors in their order, and the names of those that were changed
 * @throws RIFE_ERR_MODEL_CHANNELS when no layer sees images, or one has inputs that are not RIFE's
 */
export function swapImageChannels(tensors: ReadonlyMap<string, WeightTensor>): {
  tensors: Map<string, WeightTensor>;
  swapped: string[];
} {
  const swapped: string[] = [];
  const result = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    const layer = LAYERS.find(({name: pattern}) => pattern.test(name));
    if (!layer) {
      result.set(name, tensor);
      continue;
    }
    const parts = layer.inputs.find(inputs => sum(inputs) === tensor.shape[layer.axis]);
    if (!parts) throw modelChannelsError(name, tensor.shape, layer.inputs.map(sum));
    result.set(name, reordered(tensor, layer.axis, sources(parts)));
    swapped.push(name);
  }
  if (swapped.length === 0) throw modelChannelsError();
  return {tensors: result, swapped};
}

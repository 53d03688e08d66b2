/** LPIPS of pictures on the host. */
import type * as tf from '@tensorflow/tfjs-core';
import type {Engine, EntrySpec, Frame, FrameSize} from '@rife-train/core';
import {opShapeError} from '@rife-train/errors';
import {readTorchvision} from '../features/readTorchvision.js';
import {ALEX_SPECS, LEAST_SIDE} from './alexNet.js';
import {lpipsLayers} from './distance.js';

/** What {@link openLpips} needs. */
export interface LpipsParts {
  engine: Engine;
  /** Of AlexNet, as {@link readAlexNet} gives them. */
  weights: ReadonlyMap<string, Float32Array>;
}

/** Measures how different pictures look: Zhang et al. 2018, version 0.1, with AlexNet. */
export interface Lpips {
  /**
   * 0 for equal pictures, greater for less similar ones. A picture is taken as it is: a protocol
   * that rounds predictions rounds them before.
   * @param a at least 31x31 pixels
   * @param b of the same size
   * @throws RIFE_ERR_ENGINE_OPS_SHAPE
   */
  distance(a: Frame, b: Frame): Promise<number>;
  /** Frees the graph. */
  close(): void;
}

/**
 * AlexNet's tensors in program layout, from a file of torchvision (`alexnet-owt-7be5be79.pth`) in
 * any format. The classifier is not read.
 * @param option that names the file, for errors
 * @throws RIFE_ERR_WEIGHTS_NETWORK for another network, RIFE_ERR_WEIGHTS_CORRUPT for numbers that
 *   are not finite, and what `readWeights` throws
 */
export const readAlexNet = (file: string, option: string): Promise<Map<string, Float32Array>> =>
  readTorchvision('alexnet', file, ALEX_SPECS, option);

/** Feeds: `a` and `b`, BGR in 0..1. Fetch: `layers`. */
function entryOf({height, width}: FrameSize): EntrySpec {
  const image = {shape: [1, height, width, 3], dtype: 'float32'} as const;
  return {
    feeds: {a: image, b: image},
    build(graph) {
      const p = Object.fromEntries(ALEX_SPECS.map(({name}) => [name, graph.read(name)]));
      const [a, b] = [graph.feed('a') as tf.Tensor4D, graph.feed('b') as tf.Tensor4D];
      return {layers: lpipsLayers(p, a, b)};
    },
  };
}

/** Bytes as 0..1. Both kinds of pictures share a graph. */
function inUnits({data}: Frame): Float32Array {
  if (data instanceof Float32Array) return data;
  const values = new Float32Array(data.length);
  for (let i = 0; i < values.length; i++) values[i] = data[i]! / 255;
  return values;
}

function check(a: FrameSize, b: FrameSize): void {
  if (Math.min(a.height, a.width) < LEAST_SIDE)
    throw opShapeError('lpips', 'a', [a.height, a.width], `at least ${LEAST_SIDE}x${LEAST_SIDE} pixels`);
  if (!isOfSize(a, b)) throw opShapeError('lpips', 'b', [b.height, b.width], `[${a.height}, ${a.width}]`);
}

const isOfSize = (a: FrameSize, b: FrameSize | undefined) => a.height === b?.height && a.width === b.width;

/** Opens it. A graph is compiled when pictures have another size than those before. */
export async function openLpips({engine, weights}: LpipsParts): Promise<Lpips> {
  const program = engine.createProgram(ALEX_SPECS.map(({name, shape}) => ({name, shape})));
  await program.writeVariables(weights);
  let compiled: FrameSize | undefined;
  return {
    async distance(a, b) {
      check(a, b);
      if (!isOfSize(a, compiled)) {
        program.define('lpips', entryOf(a));
        compiled = {height: a.height, width: a.width};
      }
      const {layers} = await program.run('lpips', {a: inUnits(a), b: inUnits(b)});
      return (layers!.values as Float32Array).reduce((sum, share) => sum + share, 0);
    },
    close: () => program.dispose(),
  };
}

/**
 * The layers of pretrained networks that compare images, and what follows from them. Pure: no
 * TensorFlow.
 */
import {plainConv, type TensorSpec} from '../specs.js';

/** A 3x3 convolution, with a ReLU after it. */
export interface FeatureConv {
  /** PyTorch's name: `features.0`. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export type FeatureLayer = FeatureConv | 'pool';

/** The layers up to the last one of `taps`, inclusive. */
export function layersTo(layers: readonly FeatureLayer[], taps: readonly string[]): FeatureLayer[] {
  const last = layers.findLastIndex(layer => layer !== 'pool' && taps.includes(layer.name));
  return layers.slice(0, last + 1);
}

const convsOf = (layers: readonly FeatureLayer[]) => layers.filter(layer => layer !== 'pool');

/** Tensors of the layers, by PyTorch's names. */
export const featureSpecs = (layers: readonly FeatureLayer[]): TensorSpec[] =>
  convsOf(layers).flatMap(({name, from, to}) => plainConv(name, from, to));

/**
 * Multiply-adds per pixel of the images, of one forward pass. The work of a loss term is three
 * times that, as that of a trained layer: two images forward, and one backward to its pixels.
 */
export function featureMacs(layers: readonly FeatureLayer[]): number {
  let pixels = 1;
  return layers.reduce((sum, layer) => {
    if (layer !== 'pool') return sum + pixels * 9 * layer.from * layer.to;
    pixels /= 4;
    return sum;
  }, 0);
}

/**
 * The convolutions of AlexNet (Krizhevsky 2014), by the names that torchvision's `alexnet` gives
 * them. Pure: no TensorFlow.
 */
import {plainConv, type TensorSpec} from '../specs.js';

/** A convolution with a ReLU after it. */
export interface AlexConv {
  name: string;
  from: number;
  to: number;
  /** Of the kernel. */
  side: number;
  stride: number;
  /** Zeros on each side. */
  padding: number;
  /** Does a pooling, 3x3 with stride 2, run before it? */
  pooled: boolean;
}

export const ALEX_CONVS: readonly AlexConv[] = [
  {name: 'features.0', from: 3, to: 64, side: 11, stride: 4, padding: 2, pooled: false},
  {name: 'features.3', from: 64, to: 192, side: 5, stride: 1, padding: 2, pooled: true},
  {name: 'features.6', from: 192, to: 384, side: 3, stride: 1, padding: 1, pooled: true},
  {name: 'features.8', from: 384, to: 256, side: 3, stride: 1, padding: 1, pooled: false},
  {name: 'features.10', from: 256, to: 256, side: 3, stride: 1, padding: 1, pooled: false},
];

/** Tensors of these layers. */
export const ALEX_SPECS: readonly TensorSpec[] = ALEX_CONVS.flatMap(({name, from, to, side}) =>
  plainConv(name, from, to, side),
);

/** The smallest side of an image from which all layers compute something. */
export const LEAST_SIDE = 31;

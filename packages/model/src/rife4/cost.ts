/** Parameters and multiply-adds of a RIFE 4.x network, from its shapes. Pure: no TensorFlow. */
import type {ModelCost} from '@rife-train/core';
import {product, summedCost} from '../cost.js';
import {perceptualMacs, type PerceptualTerm} from '../features/perceptualPlan.js';
import type {TensorSpec} from '../specs.js';
import type {Rife4Architecture} from './architecture.js';
import {privilegedPlan, trainedSpecs} from './teacherPlan.js';

/**
 * Multiply-adds per pixel of the images; the head runs once for each of the two. Transposed
 * convolutions count by their input.
 */
function macsOf({name, fileShape}: TensorSpec, arch: Rife4Architecture): number {
  if (fileShape.length !== 4 || name.endsWith('.beta')) return 0;
  if (name.startsWith('encode.')) return (2 * product(fileShape)) / 4;
  const stage = /^block(\d+)\./.exec(name)?.[1];
  const scale = stage === undefined ? privilegedPlan(arch).scale : arch.scales[Number(stage)]!;
  const halvings = name.includes('.conv0.0.') ? 1 : 2;
  return product(fileShape) / (scale * 2 ** halvings) ** 2;
}

/**
 * The cost of a network, for any size of images.
 * @param terms loss terms that run VGG-19
 */
export function rife4Cost(arch: Rife4Architecture, terms: readonly PerceptualTerm[] = []): ModelCost {
  const own = summedCost(trainedSpecs(arch), spec => macsOf(spec, arch), privilegedPlan(arch).name);
  if (terms.length === 0) return own;
  const vgg19 = {parameters: 0, macsPerPixel: perceptualMacs(terms)};
  const {parameters, macsPerPixel} = own.training;
  const training = {parameters, macsPerPixel: macsPerPixel + vgg19.macsPerPixel};
  return {...own, training, modules: {...own.modules, vgg19}};
}

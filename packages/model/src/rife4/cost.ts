/** Parameters and multiply-adds of a RIFE 4.x network, from its shapes. Pure: no TensorFlow. */
import type {ModelCost, ModelOptions} from '@rife-train/core';
import {product, summedCost} from '../cost.js';
import {perceptualMacs, type PerceptualTerm} from '../features/perceptualPlan.js';
import type {TensorSpec} from '../specs.js';
import type {Rife4Architecture} from './architecture.js';
import {scalesWithShares} from './scaleLists.js';
import {CALTIME, calibrationLayers} from './specs.js';
import {privilegedPlan, trainedSpecs} from './teacherPlan.js';

/** How often the output of a layer outside of the head is halved, by the scales of the blocks. */
function halvings(name: string, arch: Rife4Architecture, scales: readonly number[]): number {
  const calibration = calibrationLayers.find(layer => name.startsWith(`${layer.name}.`));
  if (calibration) return calibration.halvings;
  const stage = /^block(\d+)\./.exec(name)?.[1];
  const scale = stage === undefined ? privilegedPlan(arch).scale : scales[Number(stage)]!;
  return Math.log2(scale) + (name.includes('.conv0.0.') ? 1 : 2);
}

/**
 * Multiply-adds per pixel of the images; the head runs once for each of the two. Transposed
 * convolutions count by their input.
 */
function macsOf({name, fileShape}: TensorSpec, arch: Rife4Architecture, scales: readonly number[]): number {
  if (fileShape.length !== 4 || name.endsWith('.beta')) return 0;
  if (name.startsWith('encode.')) return (2 * product(fileShape)) / 4;
  return product(fileShape) / 4 ** halvings(name, arch, scales);
}

/**
 * The cost of a network, for any size of images. That of training is the mean over the lists of
 * scales; prediction and modules have the network's own.
 *
 * @param terms loss terms that run VGG-19
 */
export function rife4Cost(
  options: ModelOptions,
  arch: Rife4Architecture,
  terms: readonly PerceptualTerm[] = [],
): ModelCost {
  const costWith = (scales: readonly number[]) =>
    summedCost(trainedSpecs(options, arch), spec => macsOf(spec, arch, scales), [
      privilegedPlan(arch).name,
      CALTIME,
    ]);
  const own = costWith(arch.scales);
  const vgg19 = {parameters: 0, macsPerPixel: terms.length > 0 ? perceptualMacs(terms) : 0};
  const means = scalesWithShares(options).map(
    ({scales, share}) => share * costWith(scales).training.macsPerPixel,
  );
  const macsPerPixel = means.reduce((sum, mean) => sum + mean, vgg19.macsPerPixel);
  const modules = terms.length > 0 ? {...own.modules, vgg19} : own.modules;
  return {...own, modules, training: {...own.training, macsPerPixel}};
}

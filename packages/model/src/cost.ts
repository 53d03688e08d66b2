/** Parameters and multiply-adds of a network, from its shapes. Pure: no TensorFlow. */
import type {ModelCost, ModelOptions, ModuleCost} from '@rife-train/core';
import {IFNETS} from './options.js';
import {parameterSpecs, type TensorSpec} from './parameters.js';

const TEACHER = 'block_tea';
export const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);

/**
 * Side of a layer's working area relative to the side of the images, as 1 / 2^n. For transposed
 * convolutions it is the side of the input.
 */
function halvings(name: string, scales: readonly number[]): number {
  const [module, layer = ''] = name.split('.');
  const block = /^block(\d+|_tea)$/.exec(module!);
  if (block) {
    const scale = scales[Number(block[1])] ?? 1;
    return Math.log2(scale) + (name.startsWith(`${module}.conv0.0.`) ? 1 : 2);
  }
  const last = Number(/\d$/.exec(layer === 'fusion' ? name.split('.')[2]! : layer)?.[0]);
  if (module === 'contextnet') return last;
  if (layer.startsWith('down')) return last + 1;
  if (layer.startsWith('up')) return 4 - last;
  return layer === 'conv' ? 0 : 4; // else the branch at the bottom
}

/** Multiply-adds per pixel of the images; the context net runs once for each of the two. */
function macsOf({name, fileShape}: TensorSpec, scales: readonly number[]): number {
  if (fileShape.length !== 4) return 0;
  const runs = name.startsWith('contextnet.') ? 2 : 1;
  return (runs * product(fileShape)) / 4 ** halvings(name, scales);
}

function totalOf(modules: ModelCost['modules'], counts: (module: string) => boolean): ModuleCost {
  const counted = Object.entries(modules).filter(([module]) => counts(module));
  const sum = (key: keyof ModuleCost) => counted.reduce((total, [, cost]) => total + cost[key], 0);
  return {parameters: sum('parameters'), macsPerPixel: sum('macsPerPixel')};
}

/**
 * The cost of a network with these tensors.
 * @param macs multiply-adds per pixel of the images
 * @param trainingOnly modules that predictions do not need
 */
export function summedCost(
  specs: readonly TensorSpec[],
  macs: (spec: TensorSpec) => number,
  trainingOnly: readonly string[],
): ModelCost {
  const modules: Record<string, ModuleCost> = {};
  for (const spec of specs) {
    const cost = (modules[spec.name.split('.', 1)[0]!] ??= {parameters: 0, macsPerPixel: 0});
    cost.parameters += product(spec.fileShape);
    cost.macsPerPixel += macs(spec);
  }
  return {
    modules,
    training: totalOf(modules, () => true),
    prediction: totalOf(modules, module => !trainingOnly.includes(module)),
  };
}

/**
 * What an IFNet costs, whatever the size of the images.
 * @param options complete
 */
export const costOf = (options: ModelOptions): ModelCost =>
  summedCost(parameterSpecs(options, IFNETS[options.name]!), spec => macsOf(spec, options.scales), [TEACHER]);

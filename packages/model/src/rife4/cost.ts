/** Parameters and multiply-adds of a RIFE 4.x network, from its shapes. Pure: no TensorFlow. */
import type {ModelCost, ModuleCost} from '@rife-train/core';
import type {TensorSpec} from '../specs.js';
import type {Rife4Architecture} from './architecture.js';
import {rife4Specs} from './specs.js';
import {privilegedPlan, teacherSpecs} from './teacherPlan.js';

const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);

/** Multiply-adds per pixel of the images; the head runs once for each of the two. Transposed convolutions count by their input. */
function macsOf({name, fileShape}: TensorSpec, arch: Rife4Architecture): number {
  if (fileShape.length !== 4 || name.endsWith('.beta')) return 0;
  if (name.startsWith('encode.')) return (2 * product(fileShape)) / 4;
  const stage = /^block(\d+)\./.exec(name)?.[1];
  const scale = stage === undefined ? privilegedPlan(arch).scale : arch.scales[Number(stage)]!;
  const halvings = name.includes('.conv0.0.') ? 1 : 2;
  return product(fileShape) / (scale * 2 ** halvings) ** 2;
}

function sumOf(parts: ModuleCost[]): ModuleCost {
  const total = (key: keyof ModuleCost) => parts.reduce((sum, part) => sum + part[key], 0);
  return {parameters: total('parameters'), macsPerPixel: total('macsPerPixel')};
}

/** What a network costs, whatever the size of the images. */
export function rife4Cost(arch: Rife4Architecture): ModelCost {
  const modules: Record<string, ModuleCost> = {};
  const add = (spec: TensorSpec) => {
    const module = spec.name.split('.', 1)[0]!;
    const cost = (modules[module] ??= {parameters: 0, macsPerPixel: 0});
    cost.parameters += product(spec.fileShape);
    cost.macsPerPixel += macsOf(spec, arch);
  };
  rife4Specs(arch).forEach(add);
  const prediction = sumOf(Object.values(modules));
  teacherSpecs(arch).forEach(add);
  return {modules, prediction, training: sumOf(Object.values(modules))};
}

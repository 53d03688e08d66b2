/** What a RIFE 4.x network has for training alone. Pure: no TensorFlow. */
import type {ModelOptions} from '@rife-train/core';
import type {TensorSpec} from '../specs.js';
import {FLOW, type Rife4Architecture} from './architecture.js';
import {blockSpecs, calibrationSpecs, rife4Specs, targetSpecs} from './specs.js';

const IMAGE = 3;
const TIME = 1;
const MASK = 1;
const WIDTH = 64;

/** Name, scale and input channels of a version's privileged teacher. */
export function privilegedPlan({features, encode}: Rife4Architecture) {
  const common = 2 * IMAGE + IMAGE + TIME + MASK + FLOW;
  return features > 0
    ? ({name: 'teacher', scale: 2, inputs: common + 2 * (encode?.out ?? 0) + features} as const)
    : ({name: 'block_tea', scale: 1, inputs: common + 2 * IMAGE} as const);
}

/** Its parameters. */
export function teacherSpecs(arch: Rife4Architecture): TensorSpec[] {
  const {name, inputs} = privilegedPlan(arch);
  return blockSpecs(name, inputs, WIDTH, arch);
}

/** All parameters: those that predict, the teacher's, and those of time calibration. */
export const trainedSpecs = (
  {timeCalibration}: Pick<ModelOptions, 'timeCalibration'>,
  arch: Rife4Architecture,
): TensorSpec[] => [
  ...rife4Specs(arch),
  ...teacherSpecs(arch),
  ...(timeCalibration ? calibrationSpecs(arch) : []),
];

/** The target of the encoder's loss, where that has a weight. */
export const bufferSpecs = (
  {terms}: Pick<ModelOptions, 'terms'>,
  {encode}: Rife4Architecture,
): TensorSpec[] => (terms?.encode !== undefined && encode ? targetSpecs(encode) : []);

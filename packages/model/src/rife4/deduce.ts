/**
 * Which RIFE 4.x network a weights file is of, by names and shapes. Pure: no files, no
 * TensorFlow.
 */
import type {ModelOptions, TensorShapes} from '@rife-train/core';
import {RIFE4_VERSIONS} from './architecture.js';
import {releasedOptions} from './options.js';
import {rife4Specs} from './specs.js';

/** Does the file hold every tensor that the version's predictions need, and no block more? */
function fits(version: string, tensors: TensorShapes): boolean {
  const arch = RIFE4_VERSIONS[version]!;
  if ([...tensors.keys()].some(name => name.startsWith(`block${arch.widths.length}.`))) return false;
  return rife4Specs(arch).every(({name, fileShape}) => {
    const shape = tensors.get(name)?.shape;
    return shape?.length === fileShape.length && shape.every((side, i) => side === fileShape[i]);
  });
}

/**
 * Options of the released network with these tensors. Versions that differ only in their numbers
 * are indistinguishable; the first of them is returned (4.0 for 4.1, 4.25 for 4.26).
 * @returns undefined for every other network
 */
export function recognizeRife4(tensors: TensorShapes): ModelOptions | undefined {
  const version = Object.keys(RIFE4_VERSIONS).find(each => fits(each, tensors));
  return version === undefined ? undefined : releasedOptions(version);
}

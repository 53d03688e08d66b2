/** Which RIFE 4.x network a weights file is of, told from names and shapes. Pure: no files, no TensorFlow. */
import type {ModelOptions} from '@rife-train/core';
import {RIFE4, RIFE4_VERSIONS} from './architecture.js';
import {rife4Plan} from './options.js';
import {rife4Specs} from './specs.js';

type Shapes = ReadonlyMap<string, {readonly shape: readonly number[]}>;

/** Does the file hold every tensor that the version's predictions need, and no block more? */
function fits(version: string, tensors: Shapes): boolean {
  const arch = RIFE4_VERSIONS[version]!;
  if ([...tensors.keys()].some(name => name.startsWith(`block${arch.widths.length}.`))) return false;
  return rife4Specs(arch).every(({name, fileShape}) => {
    const shape = tensors.get(name)?.shape;
    return shape?.length === fileShape.length && shape.every((side, i) => side === fileShape[i]);
  });
}

/**
 * Options of the released network that the tensors are of. Versions that differ in nothing but numbers cannot be told apart; the first of
 * them is named (4.0 for 4.1, 4.25 for 4.26).
 *
 * @returns undefined for every other network
 */
export function deduceRife4(tensors: Shapes): ModelOptions | undefined {
  const version = Object.keys(RIFE4_VERSIONS).find(each => fits(each, tensors));
  return version === undefined
    ? undefined
    : rife4Plan({name: RIFE4, version, scales: [], widths: []}).options;
}

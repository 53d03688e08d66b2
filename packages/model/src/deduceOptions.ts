/** Which network a weights file is of, by names and shapes. Pure: no files, no TensorFlow. */
import type {ModelOptions, ParameterSpec, TensorShapes} from '@rife-train/core';
import {modelOptions, networkNamed} from '@rife-train/core/config';
import {IFNETS} from './options.js';
import {NETWORK_OPTIONS} from './optionSchemas.js';
import {bufferSpecs, parameterSpecs} from './parameters.js';
import {RIFE4} from './rife4/architecture.js';
import {recognizeRife4} from './rife4/deduce.js';
import {architectureOf} from './rife4/options.js';
import {bufferSpecs as rife4Buffers, trainedSpecs} from './rife4/teacherPlan.js';

/** Widths and scales of the reference, by number of blocks. */
const WIDTHS = [240, 150, 90];
/**
 * A network with more blocks is not RIFE; a name such as `block1000000000` must not make a list of
 * that length.
 */
const MOST_BLOCKS = 16;
const MOST_CHANNELS = 65_536;

/** Channels that the first convolution of a block sees without a timestep. */
const firstInput = (block: string) => ({block0: 6, block_tea: 20})[block] ?? 17;

/** Options from which a network with these blocks can be built. */
const isWidth = (width: number | undefined) => width! > 0 && width! <= MOST_CHANNELS && width! % 2 === 0;

const hasModule = (tensors: TensorShapes, module: string) =>
  [...tensors.keys()].some(name => name.startsWith(`${module}.`));

/** Index of the last block with consecutive ones before it, plus one. */
function countBlocks(tensors: TensorShapes): number {
  const found = new Set<number>();
  for (const name of tensors.keys()) {
    const index = /^block(\d{1,2})\./.exec(name)?.[1];
    if (index !== undefined) found.add(Number(index));
  }
  return found.size === 0 ? 0 : Math.min(MOST_BLOCKS, Math.max(...found) + 1);
}

/** A block's width, by any of its tensors that shows it. */
function widthOf(tensors: TensorShapes, block: string): number | undefined {
  const candidates = [
    tensors.get(`${block}.conv0.1.0.weight`)?.shape[0],
    tensors.get(`${block}.convblock.0.0.weight`)?.shape[0],
    tensors.get(`${block}.lastconv.weight`)?.shape[0],
  ];
  return candidates.find(isWidth);
}

/** Does a block see the timestep? Undefined without a first convolution. */
function seesTimestep(tensors: TensorShapes): boolean | undefined {
  for (const [name, {shape}] of tensors) {
    const block = /^(block\d+|block_tea)\.conv0\.0\.0\.weight$/.exec(name)?.[1];
    const extra = block === undefined ? undefined : (shape[1] ?? -1) - firstInput(block);
    if (extra === 0 || extra === 1) return extra === 1;
  }
  return undefined;
}

/** The reference's scales halve from block to block, down to 1; files do not hold them. */
const scalesFor = (blocks: number) =>
  Array.from({length: blocks}, (_, i) => Math.min(32, 2 ** (blocks - 1 - i)));

/** Additions to the reference's network, found by names. */
function extrasIn(names: readonly string[]): Partial<ModelOptions> {
  const has = (part: string) => names.some(name => name.includes(part));
  const wide = has('.dilated.') ? 'dilated' : has('.large.') ? 'large-kernel' : undefined;
  return {
    ...(has('.norm.') ? {norm: 'batch' as const} : {}),
    ...(has('contextnet.fusion.') ? {fusion: true} : {}),
    ...(wide ? {receptiveField: wide} : {}),
  };
}

/**
 * Options of the IFNet that the tensors fit best. Name and widths are read from shapes; what no
 * shape shows is the reference's (IFNet; widths 240, 150, 90). Batch norm, fusion and wide branches
 * show in their tensors' names. **Scales are not in a file**: they are 4, 2, 1 for three blocks,
 * and likewise for others.
 *
 * @returns undefined when nothing in the file looks like RIFE
 */
export function recognizeIfNet(tensors: TensorShapes): ModelOptions | undefined {
  const looksAlike = [...tensors.keys()].some(name => /^(block\d+|block_tea|contextnet|unet)\./.test(name));
  if (!looksAlike) return undefined;
  // A part of a file may lack blocks; a file with the first block and the layers after the last one
  // has them all.
  const isWhole = ['block0', 'contextnet', 'unet'].every(module => hasModule(tensors, module));
  const blocks = Math.max(countBlocks(tensors), isWhole ? 1 : WIDTHS.length);
  const widths = Array.from(
    {length: blocks},
    (_, i) => widthOf(tensors, `block${i}`) ?? WIDTHS[i] ?? WIDTHS.at(-1)!,
  );
  return {
    name: seesTimestep(tensors) ? 'IFNet_m' : 'IFNet',
    scales: scalesFor(blocks),
    widths,
    ...extrasIn([...tensors.keys()]),
  };
}

/**
 * Options of the network of this package that the tensors fit best; a released RIFE 4.x is
 * recognized by all its tensors.
 *
 * @returns undefined when nothing in the file looks like RIFE
 */
export const deduceOptions = (tensors: TensorShapes): ModelOptions | undefined =>
  recognizeRife4(tensors) ?? recognizeIfNet(tensors);

/**
 * All tensors of a network of this package, parameters and buffers, without building it.
 * @throws RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION
 */
export function specsOf(options: ModelOptions): readonly ParameterSpec[] {
  const network = networkNamed(NETWORK_OPTIONS, options.name);
  const complete: ModelOptions = modelOptions(network, options);
  if (network.name === RIFE4) {
    const arch = architectureOf(complete);
    return [...trainedSpecs(complete, arch), ...rife4Buffers(complete, arch)];
  }
  const kind = IFNETS[network.name]!;
  return [...parameterSpecs(complete, kind), ...bufferSpecs(complete, kind)];
}

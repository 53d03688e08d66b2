/** Finds the tensors of a weights file that fit a network. Pure: no files, no TensorFlow. */
import type {ParameterSpec} from '@rife-train/core';
import {showName} from '@rife-train/errors';
import {RIFE4} from './rife4/architecture.js';
import {stripPrefix} from './weights/stripPrefix.js';
import {toFloat32} from './weights/toFloat32.js';
import type {WeightsDtype, WeightTensor} from './weights/types.js';

/** A tensor with the right name but another shape, or without floating-point numbers. */
export interface MisshapedTensor {
  name: string;
  expected: readonly number[];
  got: readonly number[];
  dtype: WeightsDtype;
}

/** Result of matching the tensors of a file. */
export interface WeightsMatch {
  /** Values that fit, as float32 in file layout, by name. */
  loaded: Map<string, Float32Array>;
  /** Names that the file lacks. */
  missing: string[];
  /** Names in the file that the network does not use. */
  extra: string[];
  misshaped: MisshapedTensor[];
}

/** A match as text, one line per module or tensor. */
export interface MatchLines {
  missing: string[];
  extra: string[];
  misshaped: string[];
}

const FLOATS: readonly WeightsDtype[] = ['F64', 'F32', 'F16', 'BF16'];

const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((side, i) => side === b[i]);

/**
 * Compares the tensors of a file with those of a network.
 * @param specs all tensors of the network: parameters, and buffers if it has any
 * @param tensors as they were read; a prefix `module.` is removed, and other float types become
 *   float32
 */
export function matchWeights(
  specs: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, WeightTensor>,
): WeightsMatch {
  const all = stripPrefix(tensors).tensors;
  const rest = new Map(all);
  const match: WeightsMatch = {loaded: new Map(), missing: [], extra: [], misshaped: []};
  for (const {name, fileShape} of specs) {
    // A target that the file lacks starts equal to its encoder, as in fresh weights.
    const found = rest.get(name) ?? all.get(name.replace(/^encode_target\./, 'encode.'));
    rest.delete(name);
    if (!found) match.missing.push(name);
    else if (sameShape(found.shape, fileShape) && FLOATS.includes(found.dtype))
      match.loaded.set(name, toFloat32(found));
    else match.misshaped.push({name, expected: fileShape, got: found.shape, dtype: found.dtype});
  }
  match.extra = [...rest.keys()];
  return match;
}

/** The part of the network that a tensor belongs to: `block0`, `unet`. */
export const moduleOf = (name: string) => name.split('.', 1)[0]!;

/** Modules that no prediction reads: teachers, an encoder's target, time calibration. */
const TRAINING_ONLY = ['block_tea', 'teacher', 'encode_target', 'caltime'];
/** The refinement in upstream's files of RIFE 4.0, which its predictions skip. */
const SKIPPED_BY_RIFE4 = ['contextnet', 'unet'];

/**
 * Whether only training reads a tensor.
 * @param network name of the network, where it is known
 */
export const isTrainingOnly = (name: string, network?: string): boolean =>
  (network === RIFE4 ? [...TRAINING_ONLY, ...SKIPPED_BY_RIFE4] : TRAINING_ONLY).includes(moduleOf(name));

/** Groups things by the module that `nameOf` gives, in order of first appearance. */
export function byModule<T>(items: Iterable<T>, nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const module = moduleOf(nameOf(item));
    const group = groups.get(module);
    if (group) group.push(item);
    else groups.set(module, [item]);
  }
  return groups;
}

/** A name as it is, or as JSON if it could control or flood a terminal. */
export const printable = (name: string) => (/^[\w.:/-]{1,80}$/.test(name) ? name : showName(name));

/** Numbers of tensors listed by name and of modules with a line; the rest are counted. */
const NAMED = 4;
const MODULES = 12;

/** `a, b and 7 more`; all of them if they are few. */
export function someOf(texts: readonly string[], most = NAMED): string {
  if (texts.length <= most) return texts.join(', ');
  return `${texts.slice(0, 2).join(', ')} and ${texts.length - 2} more`;
}

/** One line per module; modules beyond the first dozen are counted in one. */
function moduleLines(groups: ReadonlyMap<string, unknown[]>, lineOf: (module: string) => string): string[] {
  const modules = [...groups.keys()];
  const lines = modules.slice(0, MODULES).map(lineOf);
  const rest = modules.slice(MODULES);
  const tensors = rest.reduce((sum, module) => sum + groups.get(module)!.length, 0);
  return rest.length === 0 ? lines : [...lines, `${tensors} tensors of ${rest.length} more modules`];
}

const shapeText = (shape: readonly number[]) => `[${shape.join(', ')}]`;
const misshapedText = ({name, expected, got, dtype}: MisshapedTensor) =>
  `${name} is ${FLOATS.includes(dtype) ? '' : `${dtype} `}${shapeText(got)}, not ${shapeText(expected)}`;

/**
 * A match in a few lines: one for modules that are missing entirely
 * (`block_tea: 36 of 36 tensors missing`), then single tensors by name, and the shapes of those
 * that differ.
 */
export function matchLines(specs: readonly ParameterSpec[], match: WeightsMatch): MatchLines {
  const sizes = new Map([...byModule(specs, ({name}) => name)].map(([module, {length}]) => [module, length]));
  const missing = byModule(match.missing, name => name);
  const extra = byModule(match.extra, name => name);
  const misshaped = byModule(match.misshaped, ({name}) => name);
  const counted = (module: string, count: number) =>
    `${printable(module)}: ${count} of ${sizes.get(module)} tensors`;
  return {
    missing: moduleLines(missing, module => {
      const names = missing.get(module)!;
      const whole = names.length === sizes.get(module);
      return `${counted(module, names.length)} missing${whole ? '' : `: ${someOf(names)}`}`;
    }),
    extra: moduleLines(extra, module => {
      const names = extra.get(module)!.map(printable);
      return names.length > NAMED || !sizes.has(module)
        ? `${printable(module)}: ${names.length} ${names.length === 1 ? 'tensor' : 'tensors'} (${someOf(names, 2)})`
        : names.join(', ');
    }),
    misshaped: moduleLines(misshaped, module => {
      const texts = misshaped.get(module)!.map(misshapedText);
      return `${counted(module, texts.length)} with another shape: ${someOf(texts, 2)}`;
    }),
  };
}

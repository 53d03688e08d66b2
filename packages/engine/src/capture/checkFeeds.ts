/** Checks shared by both programs: the values from the host must match the declarations. */
import type {FeedSpec, FeedValue, VariableSpec} from '@rife-train/core';
import {util} from '@tensorflow/tfjs-core';
import {badFeed, badVariableValue, unknownVariable} from '@rife-train/errors';

const size = (shape: readonly number[]) => util.sizeFromShape([...shape]);
const ARRAYS = {uint8: Uint8Array, float32: Float32Array, int32: Int32Array};

/**
 * @throws RIFE_ERR_ENGINE_FEED when a feed or scalar is missing, of another type or of another
 *   size.
 */
export function checkFeeds(
  entry: string,
  declared: Record<string, FeedSpec>,
  declaredScalars: readonly string[],
  feeds: Record<string, FeedValue>,
  scalars: Record<string, number>,
): void {
  for (const [name, {shape, dtype}] of Object.entries(declared)) {
    const value = feeds[name];
    const expected = `${dtype} [${shape.join(',')}]`;
    if (!value) throw badFeed(entry, name, 'nothing', expected);
    if (!isArray(value, dtype) || value.length !== size(shape))
      throw badFeed(entry, name, `${value.constructor.name} of ${value.length}`, expected);
  }
  for (const name of declaredScalars)
    if (typeof scalars[name] !== 'number') throw badFeed(entry, name, String(scalars[name]), 'a number');
}

// Compared by name: typed arrays of another realm (a jest sandbox) are not instances of ours.
const isArray = (value: FeedValue, dtype: FeedSpec['dtype']) =>
  Object.prototype.toString.call(value) === `[object ${ARRAYS[dtype].name}]`;

/** @throws RIFE_ERR_ENGINE_VARIABLE for an unknown name or a wrong size. */
export function checkVariableValues(
  variables: readonly VariableSpec[],
  values: ReadonlyMap<string, Float32Array>,
): void {
  const shapes = new Map(variables.map(v => [v.name, v.shape]));
  for (const [name, value] of values) {
    const shape = shapes.get(name);
    if (!shape) throw unknownVariable(name);
    if (value.length !== size(shape)) throw badVariableValue(name, value.length, shape);
  }
}

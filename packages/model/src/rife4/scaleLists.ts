/** Scales that are drawn for each training step. Source: the author's training code of 4.25. */
import type {ModelOptions, PassVariant} from '@rife-train/core';

/** Shares that add up to 1 but for rounding leave nothing. */
const NOTHING = 1e-9;

/** A variant's name: `8-4-2-2-1`. */
export const listName = (scales: readonly number[]) => scales.join('-');

/**
 * The scales of a step's blocks with their shares: first `scales`, with what the lists leave. A
 * single one where the options have no lists.
 */
export function scalesWithShares({
  scales,
  scaleLists = [],
}: Pick<ModelOptions, 'scales' | 'scaleLists'>): {scales: readonly number[]; share: number}[] {
  const rest = 1 - scaleLists.reduce((sum, {share}) => sum + share, 0);
  return [...(rest > NOTHING ? [{scales, share: rest}] : []), ...scaleLists];
}

/** Each list is a variant of the training pass; undefined where there are no lists. */
export const variantsOf = (options: ModelOptions): PassVariant[] | undefined =>
  options.scaleLists && scalesWithShares(options).map(({scales, share}) => ({name: listName(scales), share}));

/** Scales of the blocks in a pass of a variant; without one, the network's own. */
export function scalesOf(options: ModelOptions, variant: string | undefined): readonly number[] {
  const found = scalesWithShares(options).find(({scales}) => listName(scales) === variant);
  return found?.scales ?? options.scales;
}

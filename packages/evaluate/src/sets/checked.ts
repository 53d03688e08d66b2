/** What is checked of the pictures of every set before anything long begins. */
import {relative, sep} from 'node:path';
import {evalEmpty, evalSizes, evalView} from '@rife-train/errors';
import {pictureSizes, type PictureSize} from '../picture/header.js';
import type {FrameSource} from '../picture/picture.js';
import {viewNeeds} from '../picture/views.js';
import type {EvalSet, Pair} from './evalSet.js';
import {countedLine} from './folder.js';

/** A set as its names show. */
export interface NamedSet extends EvalSet {
  /** Size of the published pictures, where they all have one. */
  size?: PictureSize;
}

type Sizes = ReadonlyMap<string, PictureSize | undefined>;

/** Path below the root, with slashes. */
export const below = (root: string, path: string): string => relative(root, path).split(sep).join('/') || '.';

const pathsOf = ({img0, img1, targets}: Pair): string[] =>
  [img0, ...targets.map(({source}) => source), img1].flatMap(source =>
    source.kind === 'picture' ? [source.path] : [],
  );

/** @throws RIFE_ERR_EVAL_SIZES where the pictures of a group differ, RIFE_ERR_EVAL_VIEW */
function checkSizes({pairs, view}: EvalSet, sizes: Sizes): void {
  const groups = new Map<string, readonly [string, PictureSize]>();
  for (const pair of pairs)
    for (const path of pathsOf(pair)) {
      const size = sizes.get(path);
      if (!size) continue;
      const first = groups.get(pair.group);
      if (first && (first[1].height !== size.height || first[1].width !== size.width))
        throw evalSizes(first, [path, size]);
      const needs = first ? undefined : viewNeeds(view, size);
      if (needs !== undefined) throw evalView(path, size, needs);
      groups.set(pair.group, first ?? [path, size]);
    }
}

/** Pairs with both inputs, and their targets that are there. */
function wholeOf(pairs: readonly Pair[], sizes: Sizes): Pair[] {
  const isThere = (source: FrameSource) => source.kind !== 'picture' || sizes.get(source.path) !== undefined;
  return pairs.flatMap(pair => {
    const targets = pair.targets.filter(({source}) => isThere(source));
    const isUsable = isThere(pair.img0) && isThere(pair.img1) && targets.length > 0;
    return isUsable ? [{...pair, targets}] : [];
  });
}

/**
 * Ids of what a list names twice get a number, so that they stay unique: scripts count it twice.
 */
function distinct(pairs: readonly Pair[]): Pair[] {
  const uses = new Map<string, number>();
  const own = (id: string) => {
    const use = (uses.get(id) ?? 0) + 1;
    uses.set(id, use);
    return use === 1 ? id : `${id} (${use})`;
  };
  return pairs.map(pair => {
    const id = own(`pair ${pair.id}`).slice('pair '.length);
    return {...pair, id, targets: pair.targets.map(target => ({...target, id: own(target.id)}))};
  });
}

/** A line where pictures have not the published size: scores of such a set compare with none. */
function otherSizes(published: PictureSize | undefined, sizes: Sizes): string[] {
  const other = [...sizes.values()].find(
    size => published && size && (size.height !== published.height || size.width !== published.width),
  );
  if (!published || !other) return [];
  return [
    `the published size, ${published.height} x ${published.width}: there are pictures of ${other.height} x ${other.width}`,
  ];
}

/**
 * Reads the headers of all pictures. Targets without their files are left out and named as missing.
 * @throws RIFE_ERR_EVAL_EMPTY where no target is whole; RIFE_ERR_EVAL_FORMAT, _PICTURE, _SIZES or
 * _VIEW
 */
export async function checked({size, ...set}: NamedSet): Promise<EvalSet> {
  const sizes = await pictureSizes(set.pairs.flatMap(pathsOf));
  const absent = [...sizes].flatMap(([path, found]) => (found ? [] : [below(set.root, path)]));
  const missing = [...set.missing, ...countedLine('file', absent), ...otherSizes(size, sizes)];
  checkSizes(set, sizes);
  const pairs = distinct(wholeOf(set.pairs, sizes));
  if (pairs.length === 0) throw evalEmpty(set.title, set.root, missing);
  return {...set, pairs, missing};
}

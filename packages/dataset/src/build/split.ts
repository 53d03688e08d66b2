/** Which scenes are held back for validation. */
import {createHash} from 'node:crypto';
import type {Split} from '@rife-train/data';
import {createRandom} from '@rife-train/data/parts';

/**
 * A number in [0,1) that depends only on the seed and the name, so that adding videos moves few
 * scenes.
 */
function drawOf(seed: number, name: string): number {
  const hash = createHash('sha256').update(name).digest();
  return createRandom(seed, hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8)).uniform();
}

/**
 * Divides groups (scenes or videos) between the splits: holds back the nearest whole number to the
 * share, at least one of two or more unless the share is 0, and never all.
 * @param known splits from an earlier build, which are kept
 */
export function splitGroups(
  groups: readonly string[],
  share: number,
  seed: number,
  known: ReadonlyMap<string, Split> = new Map(),
): Map<string, Split> {
  const unique = [...new Set(groups)];
  const most = unique.length - 1;
  const count = share === 0 ? 0 : Math.min(most, Math.max(1, Math.round(share * unique.length)));
  const splits = new Map(unique.flatMap(group => (known.has(group) ? [[group, known.get(group)!]] : [])));
  const heldBack = [...splits.values()].filter(split => split === 'val').length;
  const open = unique.filter(group => !splits.has(group));
  open.sort((a, b) => drawOf(seed, a) - drawOf(seed, b) || (a < b ? -1 : 1));
  for (const [i, group] of open.entries()) splits.set(group, i < count - heldBack ? 'val' : 'train');
  return splits;
}

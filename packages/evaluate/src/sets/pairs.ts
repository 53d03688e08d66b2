/** Pairs out of picture files. */
import {join} from 'node:path';
import type {FrameSource} from '../picture/picture.js';
import type {Pair} from './evalSet.js';
import {stemOf} from './folder.js';

export const pictureAt = (path: string): FrameSource => ({kind: 'picture', path});

/** One target in the middle of two pictures. */
export function triplet(
  {id, group = id, part = '', gap = 1}: {id: string; group?: string; part?: string; gap?: number},
  img0: string,
  gt: string,
  img1: string,
): Pair {
  return {
    ...{id, group, part, gap},
    img0: pictureAt(img0),
    img1: pictureAt(img1),
    targets: [{id, source: pictureAt(gt), t: 0.5}],
  };
}

/** Consecutive frames of a clip, as files of one folder. */
export interface ClipFiles {
  /** Name of the clip; ids begin with it. */
  group: string;
  part?: string;
  folder: string;
  files: readonly string[];
}

/**
 * Frames between two frames of a clip.
 * @param from number of img0
 * @param to number of img1
 * @param step distance of the targets
 */
export function between(
  {group, part = '', folder, files}: ClipFiles,
  from: number,
  to: number,
  step: number,
): Pair {
  const name = (number: number) => stemOf(files[number]!);
  const source = (number: number) => pictureAt(join(folder, files[number]!));
  const count = (to - from) / step - 1;
  return {
    id: `${group}/${name(from)}-${name(to)}`,
    ...{group, part, gap: (to - from) / 2},
    img0: source(from),
    img1: source(to),
    targets: Array.from({length: count}, (_, i) => {
      const number = from + (i + 1) * step;
      return {id: `${group}/${name(number)}`, source: source(number), t: (number - from) / (to - from)};
    }),
  };
}

/** What was found, in one line for the log. */
import {passedOverText, type PassedOver} from '../clips/find/passedOver.js';
import type {Layout} from '../clips/layout.js';
import type {ResolvedOptions} from './options.js';
import type {PlanContext} from '../sampling/plan.js';
import {tripletsOfGaps} from '../sampling/triplets.js';

const NAMES: Readonly<Record<Layout, string>> = {
  clips: 'clips',
  'x-train': 'X-TRAIN',
  'x-test': 'X-TEST',
  'vimeo-triplet': 'Vimeo90K triplets',
  'vimeo-septuplet': 'Vimeo90K septuplets',
};

const number = (value: number) => value.toLocaleString('en-US');

/** `65`, or `9 to 65` where they differ. */
function range(values: readonly number[]): string {
  const [least, most] = values.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, 0],
  );
  return least === most ? number(most) : `${number(least)} to ${number(most)}`;
}

/**
 * `X-TRAIN: 4,408 clips of 65 frames, 768 x 768; 4,513,792 triplets at gaps 1 to 32, epochs of
 * 48,768`.
 */
export function describe(
  {gaps, timestep, mirror}: ResolvedOptions,
  layout: Layout,
  {clips, epoch}: PlanContext,
  passedOver: readonly PassedOver[] = [],
): string {
  const frames = range(clips.map(clip => clip.frames));
  const size = `${range(clips.map(({height}) => height))} x ${range(clips.map(({width}) => width))}`;
  const triplets = number(tripletsOfGaps(clips, gaps, timestep));
  const reach = gaps[0] === gaps[1] ? `gap ${gaps[0]}` : `gaps ${gaps[0]} to ${gaps[1]}`;
  const epochs = epoch === undefined ? 'each drawn by itself' : `epochs of ${number(epoch)}`;
  const halves = mirror ? '; half of each batch is mirrored' : '';
  const left = passedOverText(passedOver);
  return `${NAMES[layout]}: ${number(clips.length)} clips of ${frames} frames, ${size}; ${triplets} triplets at ${reach}, ${epochs}${halves}${left && `. ${left}`}`;
}

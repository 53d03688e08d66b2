/** Which published scores a result may be held against. */
import type {EvalResult} from '../report/result.js';
import {PUBLISHED, type PublishedScore} from './published.js';

/**
 * Protocols that measure a set alike: the same rounding, SSIM and mean. They differ only in how a
 * network is run (padding, scale of the flow, midpoints, TTA), which is the method's own affair.
 */
const ALIKE: readonly (readonly [sets: RegExp, protocols: readonly string[]])[] = [
  [/^x-test-/, ['m2m', 'ema', 'vfimamba']],
  [/^vimeo90k$/, ['ema', 'vfimamba', 'amt', 'ifrnet']],
  [/^vimeo90k$/, ['rife', 'm2m']],
  [/^ucf101$/, ['rife', 'ema', 'vfimamba']],
  [/^ucf101$/, ['amt', 'ifrnet']],
  [/^middlebury$/, ['rife', 'ema', 'ifrnet']],
  [/^snu-film-/, ['ema', 'vfimamba', 'amt', 'ifrnet', 'upr']],
  [/^xiph-/, ['softsplat', 'ema', 'vfimamba']],
  [/^hd-4x/, ['rife', 'ema']],
];

/** Frames that published scores are a mean of; a run of another step has another number. */
const TARGETS: readonly (readonly [sets: RegExp, targets: number])[] = [
  [/^x-test-/, 105],
  [/^vimeo90k$/, 3782],
  [/^ucf101$/, 379],
  [/^middlebury$/, 12],
  [/^snu-film-/, 310],
  [/^xiph-/, 392],
];

const areAlike = (set: string, one: string, other: string) =>
  one === other ||
  ALIKE.some(([sets, names]) => sets.test(set) && names.includes(one) && names.includes(other));

/** The whole set, and nothing is missing. */
export const isWhole = ({wholeTargets, frames, missing}: EvalResult) =>
  wholeTargets === frames.length && missing.length === 0;

/** Published scores of a set or part, with its name in `set`; or in a line why there are none. */
export type Comparable = {scores: readonly PublishedScore[]} | {why: string};

/** The sets of published scores that a result covers whole: itself, and its parts. */
function coveredSets({frames, identity: {set}}: EvalResult): Set<string> {
  const counts = new Map<string, number>([[set, frames.length]]);
  for (const {part} of frames)
    if (part !== '') counts.set(`${set}-${part}`, (counts.get(`${set}-${part}`) ?? 0) + 1);
  const isFull = ([name, count]: [string, number]) =>
    (TARGETS.find(([sets]) => sets.test(name))?.[1] ?? count) === count;
  return new Set([...counts].filter(isFull).map(([name]) => name));
}

/** Scores that a result may be compared with: of the same frames, measured alike. */
export function comparableScores(result: EvalResult): Comparable {
  const {name} = result.protocol;
  if (!isWhole(result)) return {why: 'this is not the whole set'};
  const sets = coveredSets(result);
  const ofSet = PUBLISHED.filter(({set}) => sets.has(set));
  if (ofSet.length === 0) return {why: 'none are known of these frames'};
  const scores = ofSet.filter(({set, protocol}) => areAlike(set, protocol, name));
  if (scores.length > 0) return {scores};
  const others = [...new Set(ofSet.map(({protocol}) => protocol))].sort();
  return {why: `they were measured by the protocol ${others.join(' or ')}, not ${name}`};
}

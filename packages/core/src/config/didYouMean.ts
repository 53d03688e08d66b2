import {distance} from 'fastest-levenshtein';

/**
 * The candidate that `word` was most likely meant to be, or undefined. Case does not count; a third
 * of the letters may be wrong.
 */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const folded = word.toLowerCase();
  const scored = candidates.map(candidate => ({candidate, edits: distance(folded, candidate.toLowerCase())}));
  const best = scored.sort((a, b) => a.edits - b.edits)[0];
  return best && best.edits <= Math.max(1, Math.floor(best.candidate.length / 3))
    ? best.candidate
    : undefined;
}

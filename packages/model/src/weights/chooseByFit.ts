/**
 * Chooses among several places or prefixes of a file the one that holds the network: the one with
 * RIFE's names.
 */
import {weightsAmbiguousError, weightsKeyError} from '@rife-train/errors';

/** A name of one of RIFE's parameters, after any prefix. */
const RIFE = /^(|.*?\.)((?:block\d{1,2}|block_tea|contextnet|unet|encode|teacher|caltime)\..*)$/s;

/** The prefix before a name of RIFE; undefined if there is no such name. */
export const prefixOf = (name: string): string | undefined => RIFE.exec(name)?.[1];

/** Places where averages of gradients have the names of the weights. */
const OF_OPTIMIZER = /(^|\.)(optim\w*|opt|state|exp_avg\w*|momentum\w*|grads?)(\.|$)/i;

/** A possible place or prefix. */
export interface Candidate {
  /** What a message calls it. */
  key: string;
  names: readonly string[];
}

/** Candidates with at least half as many names as the best one. */
function nearMost<T extends Candidate>(candidates: readonly T[], count: (candidate: T) => number): T[] {
  const most = Math.max(...candidates.map(count));
  return candidates.filter(candidate => 2 * count(candidate) >= most && count(candidate) > 0);
}

/**
 * The matching candidate: the one with the key; else the one with by far the most names of RIFE or,
 * if none has any, the most names at all.
 * @param file for errors
 * @param candidates at least one
 * @param key '' if none was requested
 * @throws RIFE_ERR_WEIGHTS_KEY, RIFE_ERR_WEIGHTS_AMBIGUOUS
 */
export function chooseByFit<T extends Candidate>(file: string, candidates: readonly T[], key = ''): T {
  if (key !== '') {
    const asked = candidates.find(candidate => candidate.key === key);
    if (asked) return asked;
    throw weightsKeyError(
      file,
      key,
      candidates.map(candidate => candidate.key),
    );
  }
  const fits = ({names}: T) => names.filter(name => prefixOf(name) !== undefined).length;
  const fitting = candidates.filter(candidate => fits(candidate) > 0);
  const likely =
    fitting.length > 0 ? nearMost(fitting, fits) : nearMost(candidates, ({names}) => names.length);
  const weights = likely.filter(candidate => !OF_OPTIMIZER.test(candidate.key));
  const left = weights.length > 0 ? weights : likely;
  if (left.length > 1)
    throw weightsAmbiguousError(
      file,
      left.map(candidate => candidate.key),
    );
  return left[0]!;
}

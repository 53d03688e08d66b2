/** Which of several places or prefixes of a file holds the network: the one whose names are RIFE's. */
import {weightsAmbiguousError, weightsKeyError} from '@rife-train/errors';

/** A name of RIFE's parameters, behind whatever stands before it. */
const RIFE = /^(|.*?\.)((?:block\d{1,2}|block_tea|contextnet|unet|encode|teacher|caltime)\..*)$/s;

/** What stands before a name of RIFE's; undefined where there is none in it. */
export const prefixOf = (name: string): string | undefined => RIFE.exec(name)?.[1];

/** Where averages of gradients have the names of the weights. */
const OF_OPTIMIZER = /(^|\.)(optim\w*|opt|state|exp_avg\w*|momentum\w*|grads?)(\.|$)/i;

/** A place or a prefix that may be meant. */
export interface Candidate {
  /** What the reader of a message chooses it by. */
  key: string;
  names: readonly string[];
}

/** Those with at least half as much as the one with the most. */
function nearMost<T extends Candidate>(candidates: readonly T[], count: (candidate: T) => number): T[] {
  const most = Math.max(...candidates.map(count));
  return candidates.filter(candidate => 2 * count(candidate) >= most && count(candidate) > 0);
}

/**
 * The candidate that is meant: the one with the key, else the one with by far the most names of RIFE's, or, where none has any, names at all.
 *
 * @param file for errors
 * @param candidates at least one
 * @param key '' where none was asked for
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

/** In what runs differ, and which of their scores can be compared. */
import {printable} from '@rife-train/errors';
import {jsonNumber} from '@rife-train/files';
import {isSameBaseline} from './metrics.js';
import type {Run} from './readRun.js';

/** An option with its values in each run, as text. */
export interface OptionDifference {
  option: string;
  values: string[];
}

const NOT_SET = '-';
const NOT_KNOWN = '?';

/** What is recorded beside the configuration, and explains differences too. */
const FACTS = ['clips', 'engine', 'processor', 'version'] as const;

/** The value of an option. */
export const textOf = (value: unknown) =>
  printable(typeof value === 'string' ? value : (JSON.stringify(value, jsonNumber) ?? NOT_SET));

function valueIn({recorded}: Run, option: string): string {
  if (recorded?.options.has(option) === true) return textOf(recorded.options.get(option));
  return recorded?.isWhole === true ? NOT_SET : NOT_KNOWN;
}

/** Is there more than one value, as far as values are known? */
const differ = (values: readonly string[]) => new Set(values.filter(value => value !== NOT_KNOWN)).size > 1;

/** Options and facts that differ between runs, in the order of the configuration. */
export function optionDifferences(runs: readonly Run[]): OptionDifference[] {
  const options = [...new Set(runs.flatMap(({recorded}) => [...(recorded?.options.keys() ?? [])]))];
  const rows = options.map(option => ({option, values: runs.map(run => valueIn(run, option))}));
  const facts = FACTS.map(fact => ({
    option: fact,
    values: runs.map(({recorded}) => printable(recorded?.[fact] ?? NOT_KNOWN)),
  }));
  return [...rows, ...facts].filter(({values}) => differ(values));
}

/** Options that the choice of validation triplets depends on. */
const TRIPLETS = ['data.root', 'data.layout', 'data.gaps', 'data.crop', 'validateTriplets'];

/**
 * Is a score of two runs of the same triplets? The score of the inputs' mean is a function of the
 * triplets alone, so it tells. Where it is not recorded, options do: undefined where these are the
 * same, or not known.
 */
export function isOfSameTriplets(a: Run, b: Run, score: string): boolean | undefined {
  const [first, second] = [a, b].map(({metrics}) => metrics.scores.get(score)?.baseline ?? NaN);
  if (Number.isFinite(first) && Number.isFinite(second)) return isSameBaseline(first!, second!);
  const differs = TRIPLETS.some(option => differ([a, b].map(run => valueIn(run, option))));
  return differs ? false : undefined;
}

/** The run whose score the others are compared with: the first that has it. */
export const referenceOf = (runs: readonly Run[], score: string): Run | undefined =>
  runs.find(({metrics}) => metrics.scores.has(score));

/** Is the score one that can't be compared with that of the first run that has it? */
export function isApart(runs: readonly Run[], run: Run, score: string): boolean {
  const reference = referenceOf(runs, score);
  return (
    run.metrics.scores.has(score) &&
    reference !== undefined &&
    isOfSameTriplets(reference, run, score) === false
  );
}

/** All scores of any run; `psnr` before `psnr/gap 1`. */
export const scoreNames = (runs: readonly Run[]): string[] => [
  ...new Set(runs.flatMap(({metrics}) => [...metrics.scores.keys()])),
];

/** What the loss is a mean over, or made of. */
const OF_LOSS = /^(data\.(root|layout|gaps|timestep|crop)|model\.|plugins\.|clips$)/;

/** Notes about the whole comparison. */
export function comparisonNotes(runs: readonly Run[], differences: readonly OptionDifference[]): string[] {
  const notes: string[] = [];
  for (const score of scoreNames(runs)) {
    const apart = runs.filter(run => isApart(runs, run, score)).map(({name}) => name);
    if (apart.length > 0)
      notes.push(
        `* ${score} of ${apart.join(', ')} is of other validation triplets than that of ${referenceOf(runs, score)!.name}, and not comparable with it`,
      );
  }
  const causes = differences.map(({option}) => option).filter(option => OF_LOSS.test(option));
  if (causes.length > 0)
    notes.push(
      `losses are not comparable where they are of other clips, gaps or terms: ${someOf(causes)} differ`,
    );
  return notes.map(printable);
}

const SHOWN = 4;
const someOf = (names: readonly string[]) =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`;

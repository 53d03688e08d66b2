/** What several commands of the command line share. */
import {InvalidArgumentError, Option} from 'commander';
import {EXIT_HELP} from './exitCodes.js';

/** The list of exit codes, for `--help`. */
export const exitCodeHelp = () =>
  ['Exit codes:', ...EXIT_HELP.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`)].join('\n');

/** `--debug` */
export const debugOption = () => new Option('--debug', 'print stacks with errors (also RIFE_TRAIN_DEBUG=1)');

/** `--key` */
export const keyOption = () =>
  new Option('--key <name>', 'which of several networks in a weights file: params_ema');

/** Worker processes see a variable, not our arguments. */
export const useDebug = (debug: boolean | undefined) => {
  if (debug) process.env['RIFE_TRAIN_DEBUG'] = '1';
};

/** Parses a flag that must be a whole number. */
export function wholeNumber(least: number) {
  return (text: string): number => {
    if (!/^\d+$/.test(text) || Number(text) < least)
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    return Number(text);
  };
}

/** Parses a flag that must be a number of at least 0. */
export function numberFrom0(text: string): number {
  const number = text.trim() === '' ? NaN : Number(text);
  if (!(number >= 0)) throw new InvalidArgumentError('It must be a number of at least 0.');
  return number;
}

/** Parses a flag that is a name for a folder, and no path. */
export function runName(text: string): string {
  if (!/^[^/\\]+$/.test(text) || ['.', '..', 'latest'].includes(text))
    throw new InvalidArgumentError('It must be the name of a folder, without "/", and not "latest".');
  return text;
}

/** Parses a flag that may be given several times. */
export const collect = (text: string, before: string[] = []): string[] => [...before, text];

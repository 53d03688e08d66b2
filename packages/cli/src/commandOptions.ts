/** What several commands of the command line share. */
import {InvalidArgumentError, Option, type Command} from 'commander';
import {EXIT_HELP} from './exitCodes.js';

/** The list of exit codes, for `--help`. */
export const exitCodeHelp = () =>
  ['Exit codes:', ...EXIT_HELP.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`)].join('\n');

/** `--debug` */
export const debugOption = () => new Option('--debug', 'print stacks with errors (also RIFE_TRAIN_DEBUG=1)');

/** `--key` */
export const keyOption = () =>
  new Option('--key <name>', 'which of several networks in a weights file: params_ema');

/** `--config` and `--without-plugins`, of commands that predict. */
export const pluginOptions = () => [
  new Option('-c, --config <path>', 'configuration whose plugins (and model) are used'),
  new Option(
    '--without-plugins',
    'without those that change the flow, though the weights need them',
  ).conflicts('config'),
];

/** `--model`, of commands that predict. */
export const modelOption = () =>
  new Option('--model <name>', 'network, if the weights do not show it: IFNet or IFNet_m');

/** `--scale`, `--tta` and `--ensemble`. */
export const frameOptions = () => [
  new Option('--scale <s>', '0.25, 0.5, 1, 2 or 4; below 1 for large frames and motion').argParser(
    numberFrom0,
  ),
  new Option('--tta', 'mean with the prediction of the turned images; twice the work'),
  new Option('--ensemble', 'RIFE 4.x: mean of both directions of time in every block; twice the work'),
];

/** `--uhd` */
const uhdOption = () => new Option('--uhd', 'the same as --scale 0.5').conflicts('scale');

/** `--tile` */
export const tileOption = () =>
  new Option(
    '--tile <size>',
    'predict parts of this size: pixels, or auto, when memory asks for it',
  ).argParser((text: string) => (text === 'auto' ? text : wholeNumber(64)(text)));

/** `--precision` */
export const precisionOption = () =>
  new Option('--precision <type>', 'of convolutions').choices(['fp32', 'bf16']);

/** `--execution`, `--precision` and `--device` */
const engineOptions = () => [
  new Option('--execution <how>', 'one graph, or op by op').choices(['captured', 'eager']),
  precisionOption(),
  new Option('--device <name>', 'TensorFlow device'),
];

/** What all commands have that predict: plugins, how frames are made, and where. */
export const predictionOptions = () => [
  ...pluginOptions(),
  ...frameOptions(),
  uhdOption(),
  modelOption(),
  ...engineOptions(),
  debugOption(),
];

/** Adds options to a command, in this order. */
export const withOptions = (command: Command, options: readonly Option[]): Command =>
  options.reduce((all, option) => all.addOption(option), command);

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

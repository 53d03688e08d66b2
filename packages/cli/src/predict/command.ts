/** `rife-train predict`. The implementation is loaded when it runs. */
import {Command, InvalidArgumentError} from 'commander';
import {
  exitCodeHelp,
  keyOption,
  predictionOptions,
  numberFrom0,
  useDebug,
  wholeNumber,
  withOptions,
} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {PredictFlags} from './flags.js';

/** The command; `done` receives its exit code. */
export function predictCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  const command = new Command('predict')
    .description('Makes the frames between two images.')
    .argument('<img0>', 'PNG, JPEG or WebP')
    .argument('<img1>', 'of the same size')
    .requiredOption('-w, --weights <path>', '.pkl, .safetensors, or folder of a checkpoint or run')
    .addOption(keyOption())
    .requiredOption('-o, --out <path>', 'a .png for one frame, or a folder')
    .option('--t <time>', 'position between img0 (0) and img1 (1) (default: 0.5)', numberFrom0)
    .option('--multi <n>', 'divide the time into n parts: n - 1 frames', wholeNumber(2))
    .option('--scale-list <list>', 'scales of the blocks, such as 4,2,1', numberList)
    .option('--doubling', 'RIFE 4.0: twice the scales where motion is large; three times the work');
  return withOptions(command, predictionOptions())
    .addHelpText('after', () => `\n${exitCodeHelp()}`)
    .action(async (img0: string, img1: string, flags: PredictFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runPredict} = await import('./runPredict.js');
      done(await runPredict([img0, img1], flags, io));
    });
}

/** Parses `4,2,1`. */
function numberList(text: string): number[] {
  const numbers = text.split(',').map(part => (part.trim() === '' ? NaN : Number(part)));
  if (!numbers.every(Number.isFinite)) throw new InvalidArgumentError('It must be numbers with commas.');
  return numbers;
}

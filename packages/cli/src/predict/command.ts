/** `rife-train predict`. The implementation is loaded when it runs. */
import {Command, InvalidArgumentError, Option} from 'commander';
import {debugOption, exitCodeHelp, keyOption, numberFrom0, useDebug, wholeNumber} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {PredictFlags} from './flags.js';

/** The command; `done` receives its exit code. */
export function predictCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  return new Command('predict')
    .description('Makes the frames between two images.')
    .argument('<img0>', 'PNG, JPEG or WebP')
    .argument('<img1>', 'of the same size')
    .requiredOption('-w, --weights <path>', '.pkl, .safetensors, or folder of a checkpoint or run')
    .addOption(keyOption())
    .requiredOption('-o, --out <path>', 'a .png for one frame, or a folder')
    .option('-c, --config <path>', 'configuration whose plugins (and model) are used')
    .addOption(
      new Option(
        '--without-plugins',
        'without those that change the flow, though the weights need them',
      ).conflicts('config'),
    )
    .option('--t <time>', 'position between img0 (0) and img1 (1) (default: 0.5)', numberFrom0)
    .option('--multi <n>', 'divide the time into n parts: n - 1 frames', wholeNumber(2))
    .option('--scale <s>', '0.25, 0.5, 1, 2 or 4; below 1 for large frames and motion', numberFrom0)
    .addOption(new Option('--uhd', 'the same as --scale 0.5').conflicts('scale'))
    .option('--scale-list <list>', 'scales of the blocks, such as 4,2,1', numberList)
    .option('--tta', 'mean with the prediction of the turned images; twice the work')
    .option('--ensemble', 'RIFE 4.x: mean of both directions of time in every block; twice the work')
    .option('--doubling', 'RIFE 4.0: twice the scales where motion is large; three times the work')
    .option('--model <name>', 'network, if the weights do not show it: IFNet or IFNet_m')
    .addOption(new Option('--execution <how>', 'one graph, or op by op').choices(['captured', 'eager']))
    .option('--device <name>', 'TensorFlow device')
    .addOption(debugOption())
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

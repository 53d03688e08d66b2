/** `rife-train eval`. The implementation is loaded when it runs. */
import {Command, InvalidArgumentError} from 'commander';
import type {SetKind} from '@rife-train/evaluate';
import {
  exitCodeHelp,
  keyOption,
  predictionOptions,
  tileOption,
  useDebug,
  wholeNumber,
  withOptions,
} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {EvalFlags} from './flags.js';

/**
 * The command.
 * @param done receives its exit code
 * @param sets for its help
 */
export function evalCommand(
  io: CommandIo,
  done: (exitCode: number) => void,
  sets: readonly SetKind[],
): Command {
  const command = new Command('eval')
    .description('Scores a network on a public test set, or on clips, as papers do.')
    .argument('[set]', 'name of the set', 'clips')
    .requiredOption('-r, --root <folder>', 'folder of the set')
    .requiredOption('-w, --weights <path>', '.pkl, .safetensors, folder of a checkpoint or run, or rife-4.0')
    .addOption(keyOption())
    .option('-p, --protocol <name>', 'whose script is followed (default: the usual one of the set)')
    .option('--against <path>', 'weights of another network: both, and the difference')
    .option('--metrics <list>', 'more than the protocol has: ssim-xvfi,tof,flip ..., or all', names)
    .option('--lpips <path>', "torchvision's weights of AlexNet, for LPIPS")
    .option('--multi <n>', 'X-TEST: parts of the time, 2 to 32 (default: 8)', wholeNumber(2))
    .option('--gaps <list>', 'clips: frames from gt to either input (default: 1,2,4,8)', gaps)
    .option('--per-gap <n>', 'clips: targets of each gap (default: 8)', wholeNumber(1))
    .option('--crop <h,w>', 'clips: centred crop (default: the whole frame, to multiples of 32)', crop)
    .option('--limit <n>', 'so many pairs, spread over the set: a subset', wholeNumber(1))
    .addOption(tileOption())
    .option('--workers <n>', 'threads that read and score (default: one a core, at least 2)', wholeNumber(1))
    .option('--devices <n>', 'devices that share the pairs (default: 1)', wholeNumber(1))
    .option('-o, --out <folder>', 'scores and report (default: evals/<set>-<weights>-<protocol>)')
    .option('-y, --yes', 'begin again, whatever is at --out');
  return withOptions(command, predictionOptions())
    .addHelpText('after', () => `\nSets:\n${setHelp(sets)}\n\n${exitCodeHelp()}`)
    .action(async (set: string, flags: EvalFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runEval} = await import('./runEval.js');
      done(await runEval(set, flags, io));
    });
}

const setHelp = (sets: readonly SetKind[]) =>
  sets.map(({name, words}) => `  ${name.padEnd(18)} ${words}`).join('\n');

const parts = (text: string) => text.split(',').map(part => part.trim());

function numbers(text: string, least: number): number[] {
  return parts(text).map(wholeNumber(least));
}

const gaps = (text: string): number[] => numbers(text, 1);

function crop(text: string): [number, number] {
  const sides = numbers(text, 32);
  if (sides.length > 2) throw new InvalidArgumentError('It must be one side, or height and width.');
  return [sides[0]!, sides[1] ?? sides[0]!];
}

const names = (text: string): string[] | 'all' => (text === 'all' ? text : parts(text));

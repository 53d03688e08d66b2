/** The command line of `rife-train data build`. Its implementation is loaded when it runs. */
import {Command, InvalidArgumentError, Option} from 'commander';
import {debugOption, numberFrom0, useDebug, wholeNumber} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {DataBuildFlags} from './build.js';

/** Parses `256` or `256x448` into [height, width]. */
function sizeOf(text: string): [number, number] {
  const [, height, width] = /^(\d+)(?:x(\d+))?$/i.exec(text) ?? [];
  const size = [Number(height), Number(width ?? height)] as [number, number];
  if (!size.every(side => side >= 2 && side % 2 === 0))
    throw new InvalidArgumentError(
      'It must be one side or height x width, multiples of 2, such as 256 or 256x448.',
    );
  return size;
}

/** The command. `done` receives its exit code. */
export function buildCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  return new Command('build')
    .description(
      'Cuts videos into clips for training, without cuts, and without static, blurred or repeated parts.',
    )
    .argument('<videos...>', 'video files, and folders that are searched for them')
    .requiredOption('-o, --out <dir>', 'output folder, for train, val and build.json')
    .option('--length <n>', 'frames per clip (default: 65)', wholeNumber(3))
    .option('--size <HxW>', 'height and width, or one side (default: those of the video)', sizeOf)
    .addOption(new Option('--fps <how>', 'keep: every frame as it is').choices(['keep']))
    .option('--stride <n>', 'frames from start to start in a scene (default: the length)', wholeNumber(1))
    .option('--max-clips-per-scene <n>', 'take at most n clips of a scene, the best ones', wholeNumber(1))
    .addOption(
      new Option('--format <name>', 'lossless frames, or lossless video (default: png)').choices([
        'png',
        'webp',
        'mp4',
      ]),
    )
    .option('--val <share>', 'share of the scenes held back for validation (default: 0.1)', numberFrom0)
    .addOption(
      new Option('--split-by <what>', 'what is never in both train and val (default: scene)').choices([
        'scene',
        'video',
      ]),
    )
    .option('--seed <n>', 'decides which scenes are held back', wholeNumber(0))
    .option(
      '--min-motion <x>',
      'thousandths of the longer side from frame to frame; less is static (default: 0.5)',
      numberFrom0,
    )
    .option(
      '--min-sharpness <x>',
      "share of the video's usual sharpness; less is blurred (default: 0.25)",
      numberFrom0,
    )
    .option('--dry-run', 'list the clips that would be written, and write none')
    .option('--json <file>', 'also write the report as JSON')
    .option('--strict', 'exit code 1 if a video gives no clip')
    .addOption(debugOption())
    .action(async (videos: string[], flags: DataBuildFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runDataBuild} = await import('./build.js');
      done(await runDataBuild(videos, flags, io));
    });
}

/** `rife-train interpolate`. The implementation is loaded when it runs. */
import {Command, InvalidArgumentError, Option} from 'commander';
import {
  exitCodeHelp,
  keyOption,
  predictionOptions,
  numberFrom0,
  tileOption,
  useDebug,
  wholeNumber,
  withOptions,
} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {PresetName} from '@rife-train/video';
import {SCENE, type InterpolateFlags} from './flags.js';

/** The command; `done` receives its exit code. */
export function interpolateCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  const command = new Command('interpolate')
    .description('Makes a video with more frames per second.')
    .argument('<input>', 'a video, or a folder of images (with --fps-in)')
    .requiredOption('-w, --weights <path>', '.pkl, .safetensors, folder of a checkpoint or run, or rife-4.0')
    .addOption(keyOption())
    .requiredOption('-o, --out <path>', '.mp4, .mov, .mkv or .webm; a folder with --png')
    .option('--fps <rate>', 'frames per second of the result: 60, 60000/1001, 59.94')
    .addOption(
      new Option('--multi <n>', 'frames that each frame becomes (default: 2)')
        .argParser(wholeNumber(2))
        .conflicts('fps'),
    )
    .option('--fps-in <rate>', 'frames per second of a folder of images')
    .option('--from <time>', 'begin there: seconds, or 1:02:03.5', time)
    .option('--to <time>', 'end there', time)
    .option(
      '--scene <ssim>',
      `a pair less alike than this is a scene cut; 0: none is (default: ${SCENE})`,
      numberFrom0,
    )
    .addOption(
      new Option('--like <program>', 'the frames that this program makes')
        .choices(['practical-rife'])
        .conflicts('fps'),
    )
    .addOption(tileOption())
    .option('--deinterlace', 'for interlaced video: one frame of each two fields')
    .option('--png', 'a folder of images, 0000000.png ...')
    .option('--montage', 'source and result side by side, the middle half of each')
    .addOption(new Option('--encoder <preset>', 'how the video is encoded').choices(PRESET_NAMES))
    .option('--resume', 'go on after the segments of the same command that was interrupted')
    .option('-y, --yes', 'replace what is at --out');
  return withOptions(command, predictionOptions())
    .addHelpText('after', () => `\n${exitCodeHelp()}`)
    .action(async (input: string, flags: InterpolateFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runInterpolate} = await import('./runInterpolate.js');
      done(await runInterpolate(input, flags, io));
    });
}

const PRESET_NAMES = [
  'h264',
  'h264-lossless',
  'hevc',
  'vp9',
  'prores',
  'ffv1',
] as const satisfies readonly PresetName[];

/** Parses seconds, `1:30` and `1:02:03.5`. */
function time(text: string): number {
  const parts = text.split(':').map(part => (part.trim() === '' ? NaN : Number(part)));
  if (parts.length > 3 || !parts.every(part => part >= 0))
    throw new InvalidArgumentError('It must be seconds, or hours:minutes:seconds.');
  return parts.reduce((sum, part) => sum * 60 + part, 0);
}

/** `rife-train export`. The implementation is loaded when it runs. */
import {Argument, Command, InvalidArgumentError, Option} from 'commander';
import {
  debugOption,
  exitCodeHelp,
  frameOptions,
  keyOption,
  modelOption,
  pluginOptions,
  useDebug,
  wholeNumber,
  withOptions,
} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import {FORMATS, type ExportFlags, type FormatName} from './flags.js';

/** The command; `done` receives its exit code. */
export function exportCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  const command = new Command('export')
    .description('Writes a network for other programs, and compares what they compute.')
    .addArgument(new Argument('<format>', 'what to write').choices(Object.keys(FORMATS)))
    .requiredOption('-w, --weights <path>', '.pkl, .safetensors, folder of a checkpoint or run, or rife-4.0')
    .addOption(keyOption())
    .requiredOption('-o, --out <path>', 'a file for onnx and pkl, else a folder')
    .addOption(
      new Option('--precision <kind>', 'onnx, tfjs, web: float16 halves the file').choices(['fp32', 'fp16']),
    )
    .option('--opset <n>', 'onnx: 16 to 19 (default: 17)', opset)
    .addOption(
      new Option('--layout <name>', 'onnx: img0, img1 and timestep, or one input as vs-mlrt has it').choices([
        'two-inputs',
        'v1',
        'v2',
      ]),
    )
    .addOption(
      new Option(
        '--warp <how>',
        'onnx: by the op GridSample, or by gathers where a runtime lacks it',
      ).choices(['gridsample', 'gather']),
    )
    .option('--size <WxH>', 'onnx: for one size of images alone, such as 1920x1080', size)
    .option('--license <name>', 'hugging-face: licence of the weights, such as mit')
    .option('--force', 'replace what is at --out');
  return withOptions(command, [...pluginOptions(), ...frameOptions(), modelOption()])
    .addOption(debugOption())
    .addHelpText('after', () => `\n${formatHelp()}\n\n${exitCodeHelp()}`)
    .action(async (format: FormatName, flags: ExportFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runExport} = await import('./runExport.js');
      done(await runExport(format, flags, io));
    });
}

const formatHelp = () =>
  ['Formats:', ...Object.entries(FORMATS).map(([name, {words}]) => `  ${name.padEnd(14)}${words}`)].join(
    '\n',
  );

function opset(text: string): number {
  const number = wholeNumber(16)(text);
  if (number > 19) throw new InvalidArgumentError('It must be 16 to 19: other runtimes read no newer one.');
  return number;
}

/** Parses `1920x1080`. */
function size(text: string): {width: number; height: number} {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (!Number(width) || !Number(height))
    throw new InvalidArgumentError('It must be width x height: 1920x1080.');
  return {width: Number(width), height: Number(height)};
}

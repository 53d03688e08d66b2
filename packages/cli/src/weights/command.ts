/**
 * `rife-train weights ...`. The implementations are loaded when they run; none of them loads
 * TensorFlow.
 */
import {Command, Option} from 'commander';
import {debugOption, keyOption, numberFrom0, useDebug} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {ConvertFlags} from './convert.js';
import type {DiffFlags} from './diff.js';
import type {InspectFlags} from './inspect.js';

type Done = (exitCode: number) => void;
type WithDebug<Flags> = Flags & {debug?: boolean};

const WHAT = 'A file (.pkl, .pth, .pt, .safetensors), or the folder of a checkpoint or of a run.';

/** The group of commands; `done` receives the exit code of the one that ran. */
export function weightsCommand(io: CommandIo, done: Done): Command {
  return new Command('weights')
    .description('Converts weights files, shows what is in them, compares them, fetches published ones.')
    .addCommand(convertCommand(io, done))
    .addCommand(inspectCommand(io, done))
    .addCommand(diffCommand(io, done))
    .addCommand(getCommand(io, done));
}

function convertCommand(io: CommandIo, done: Done): Command {
  return new Command('convert')
    .description('Writes weights in another format. The extension of <to> decides which.')
    .argument('<from>', WHAT)
    .argument('<to>', '.pkl, .pth or .pt: PyTorch; .safetensors')
    .addOption(
      new Option('--format <name>', 'zip: PyTorch since 1.6; legacy: before').choices([
        'zip',
        'legacy',
        'safetensors',
      ]),
    )
    .addOption(
      new Option(
        '--prefix <text>',
        'before each name (default: "module." for PyTorch, as the reference needs it; else none)',
      ).choices(['module.', 'none']),
    )
    .addOption(keyOption())
    .option('--swap-channels', 'from weights for BGR images to weights for RGB images, or back')
    .option(
      '--prediction-only',
      'leave out what only training reads: block_tea, teacher; programs that load strictly need it',
    )
    .option('--force', 'replace <to> if it is there')
    .addOption(debugOption())
    .action(async (from: string, to: string, flags: WithDebug<ConvertFlags>) => {
      useDebug(flags.debug);
      const {runConvert} = await import('./convert.js');
      done(await runConvert(from, to, flags, io));
    });
}

function inspectCommand(io: CommandIo, done: Done): Command {
  return new Command('inspect')
    .description('Shows format, network and numbers of weights.')
    .argument('<file>', WHAT)
    .addOption(keyOption())
    .option('--tensors', 'list every tensor')
    .option('--json', 'print JSON')
    .addOption(debugOption())
    .action(async (file: string, flags: WithDebug<InspectFlags>) => {
      useDebug(flags.debug);
      const {runInspect} = await import('./inspect.js');
      done(await runInspect(file, flags, io));
    });
}

function diffCommand(io: CommandIo, done: Done): Command {
  return new Command('diff')
    .description('Compares weights by name: exit code 0 when they are equal, 1 when they differ.')
    .argument('<a>', WHAT)
    .argument('<b>', WHAT)
    .option('--key-a <name>', 'which of several networks in <a>')
    .option('--key-b <name>', 'which of several networks in <b>')
    .option('--tolerance <x>', 'largest |a - b| that counts as equal (default: 0)', numberFrom0)
    .option('--json', 'print JSON')
    .addOption(debugOption())
    .action(async (a: string, b: string, flags: WithDebug<DiffFlags>) => {
      useDebug(flags.debug);
      const {runDiff} = await import('./diff.js');
      done(await runDiff(a, b, flags, io));
    });
}

function getCommand(io: CommandIo, done: Done): Command {
  return new Command('get')
    .description('Fetches published weights into the cache, and prints where they are and their licence.')
    .argument('<name>', 'rife-4.0')
    .addOption(debugOption())
    .action(async (name: string, flags: WithDebug<object>) => {
      useDebug(flags.debug);
      const {runGet} = await import('./get.js');
      done(await runGet(name, io));
    });
}

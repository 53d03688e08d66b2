/** `rife-train data ...`. What the commands do is loaded when they run; none of them loads TensorFlow. */
import {Command, Option} from 'commander';
import {debugOption, exitCodeHelp, useDebug, wholeNumber} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {PackFlags} from './pack.js';

type Done = (exitCode: number) => void;
type WithDebug<Flags> = Flags & {debug?: boolean};

/** The group of commands; `done` receives the exit code of the one that ran. */
export function dataCommand(io: CommandIo, done: Done): Command {
  return new Command('data').description('Prepares clips for training.').addCommand(packCommand(io, done));
}

function packCommand(io: CommandIo, done: Done): Command {
  return new Command('pack')
    .description('Packs clips, one file each, from which training reads crops without decoding the rest.')
    .argument('<root>', 'folder with train and val, or with clips')
    .requiredOption('-o, --out <folder>', 'where to, outside of <root>; then the data.root of the training')
    .addOption(
      new Option('--codec <name>', 'deflate: lossless, about a third of raw; raw: largest and fastest')
        .choices(['deflate', 'raw'])
        .default('deflate'),
    )
    .addOption(
      new Option('--split <name>', 'what to pack (default: those that are there)').choices([
        'train',
        'val',
        'all',
      ]),
    )
    .option('--force', 'pack also what is packed already')
    .option('--verify', 'read all packed clips to their end; damaged ones are packed anew')
    .option('--jobs <n>', 'threads (default: one a core)', wholeNumber(1))
    .addOption(debugOption())
    .addHelpText('after', () => `\n${exitCodeHelp()}`)
    .action(async (root: string, flags: WithDebug<PackFlags>) => {
      useDebug(flags.debug);
      const {runPack} = await import('./pack.js');
      done(await runPack(root, flags, io));
    });
}

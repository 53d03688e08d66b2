/** `rife-train data ...`. What the commands do is loaded when they run; none of them loads TensorFlow. */
import {Command, Option} from 'commander';
import {debugOption, exitCodeHelp, useDebug, wholeNumber} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import {buildCommand} from './buildCommand.js';
import type {DataDoctorFlags} from './doctor.js';
import type {PackFlags} from './pack.js';

type Done = (exitCode: number) => void;
type WithDebug<Flags> = Flags & {debug?: boolean};

/** The group of commands; `done` receives the exit code of the one that ran. */
export function dataCommand(io: CommandIo, done: Done): Command {
  return new Command('data')
    .description('Looks at clips, and prepares them for training.')
    .addCommand(doctorCommand(io, done))
    .addCommand(packCommand(io, done))
    .addCommand(buildCommand(io, done));
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

function doctorCommand(io: CommandIo, done: Done): Command {
  return new Command('doctor')
    .description('Looks for what is wrong with clips: exit code 0 when no error is found, else 1.')
    .argument('[root]', 'folder with train and val, or with clips (default: data.root of the configuration)')
    .option(
      '-c, --config <path>',
      'configuration whose data options are used (without a root: rife.config.*)',
    )
    .option('--frames <n>', 'frames that every clip should have (default: what most have)', wholeNumber(1))
    .option('--sample <n>', 'look at so many clips, drawn by the seed', wholeNumber(1))
    .option('--seed <n>', 'seed of the draw', wholeNumber(0))
    .option('--threads <n>', 'threads that decode (default: one a core)', wholeNumber(1))
    .option('--json <file>', 'write the report for programs')
    .option('--html <file>', 'write the report as a page with pictures')
    .option('--strict', 'warnings make the exit code 1 as well')
    .addOption(debugOption())
    .action(async (root: string | undefined, flags: DataDoctorFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runDataDoctor} = await import('./doctor.js');
      done(await runDataDoctor(root, flags, io));
    });
}

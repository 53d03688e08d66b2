/** `rife-train data ...`. Commands load their code when they run; none loads TensorFlow. */
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
    .description('Checks clips, and prepares them for training.')
    .addCommand(doctorCommand(io, done))
    .addCommand(packCommand(io, done))
    .addCommand(buildCommand(io, done));
}

function packCommand(io: CommandIo, done: Done): Command {
  return new Command('pack')
    .description('Packs each clip into one file, from which training reads crops without decoding the rest.')
    .argument('<root>', 'folder with train and val, or with clips')
    .requiredOption(
      '-o, --out <folder>',
      'target folder, outside of <root>; use it as data.root for training',
    )
    .addOption(
      new Option('--codec <name>', 'deflate: lossless, about a third of raw; raw: largest and fastest')
        .choices(['deflate', 'raw'])
        .default('deflate'),
    )
    .addOption(
      new Option('--split <name>', 'what to pack (default: the splits that exist)').choices([
        'train',
        'val',
        'all',
      ]),
    )
    .option('--force', 'also pack clips that are already packed')
    .option('--verify', 'read all packed clips to their end, and pack damaged ones again')
    .option('--jobs <n>', 'threads (default: one per core)', wholeNumber(1))
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
    .description('Finds problems of clips. Exit code 0 if there is no error, else 1.')
    .argument('[root]', 'folder with train and val, or with clips (default: data.root of the configuration)')
    .option(
      '-c, --config <path>',
      'configuration whose data options are used (without a root: rife.config.*)',
    )
    .option('--frames <n>', 'expected frames per clip (default: what most have)', wholeNumber(1))
    .option('--sample <n>', 'examine n clips, drawn by the seed', wholeNumber(1))
    .option('--seed <n>', 'seed of the draw', wholeNumber(0))
    .option('--threads <n>', 'decode threads (default: one per core)', wholeNumber(1))
    .option('--json <file>', 'write the report as JSON')
    .option('--html <file>', 'write the report as an HTML page with pictures')
    .option('--strict', 'exit code 1 for warnings, too')
    .addOption(debugOption())
    .action(async (root: string | undefined, flags: DataDoctorFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runDataDoctor} = await import('./doctor.js');
      done(await runDataDoctor(root, flags, io));
    });
}

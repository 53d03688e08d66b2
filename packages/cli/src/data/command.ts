/** `rife-train data ...`. What the commands do is loaded when they run; none of them loads TensorFlow. */
import {Command} from 'commander';
import {debugOption, useDebug, wholeNumber} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import {buildCommand} from './buildCommand.js';
import type {DataDoctorFlags} from './doctor.js';

type Done = (exitCode: number) => void;

/** The group of commands; `done` receives the exit code of the one that ran. */
export function dataCommand(io: CommandIo, done: Done): Command {
  return new Command('data')
    .description('Makes clips, and looks at them.')
    .addCommand(buildCommand(io, done))
    .addCommand(doctorCommand(io, done));
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

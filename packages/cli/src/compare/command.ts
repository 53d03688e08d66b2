/** `rife-train compare`. The implementation is loaded when it runs. */
import {Command} from 'commander';
import {debugOption, useDebug} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {CompareFlags} from './runCompare.js';

/** The command; `done` receives its exit code. */
export function compareCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  return new Command('compare')
    .description('Shows curves and scores of runs, or of evaluations, side by side.')
    .argument('<folders...>', '2 to 8 folders of runs, or of "rife-train eval"')
    .option('--html <file>', 'also write a page with curves')
    .option('--json <file>', 'also write all of it for programs')
    .addOption(debugOption())
    .action(async (folders: string[], flags: CompareFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runCompare} = await import('./runCompare.js');
      done(await runCompare(folders, flags, io));
    });
}

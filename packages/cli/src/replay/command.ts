/** `rife-train replay`. The implementation is loaded when it runs. */
import {Command, Option} from 'commander';
import {debugOption, exitCodeHelp, precisionOption, useDebug} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {ReplayFlags} from './flags.js';

const collect = (value: string, before: string[]) => [...before, value];

/** The command; `done` receives its exit code. */
export function replayCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  return new Command('replay')
    .description('Runs a step again that a run recorded because it ended badly. Changes nothing.')
    .argument('<record>', 'a folder in "flight" below the folder of a run')
    .option('-c, --config <path>', 'configuration whose plugins are used (default: rife.config.* here)')
    .option('--without <plugin>', 'leave a plugin out, by name; may be given again', collect, [])
    .option('--no-plugins', 'leave all plugins out; needs no configuration')
    .addOption(new Option('--execution <how>', 'one graph, or op by op').choices(['captured', 'eager']))
    .addOption(precisionOption())
    .option('--device <name>', 'TensorFlow device')
    .addOption(debugOption())
    .addHelpText('after', () => `\n${exitCodeHelp()}`)
    .action(async (record: string, flags: ReplayFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runReplay} = await import('./runReplay.js');
      done(await runReplay(record, flags, io));
    });
}

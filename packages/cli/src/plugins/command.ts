/** `rife-train plugins`. The implementation is loaded when it runs. */
import {Command, Option} from 'commander';
import {debugOption, exitCodeHelp, precisionOption, useDebug, wholeNumber} from '../commandOptions.js';
import type {CommandIo} from '../io.js';
import type {PluginsFlags} from './flags.js';

/** The command; `done` receives its exit code. */
export function pluginsCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  return new Command('plugins')
    .description('Shows which plugin taps which hook, in which order, and what each adds to the graph.')
    .option('-c, --config <path>', 'configuration file (default: rife.config.* here)')
    .option('--no-graph', 'hooks and order alone; TensorFlow is not loaded')
    .addOption(
      new Option('--measure [steps]', 'time steps with and without each plugin (default: 20)')
        .argParser(wholeNumber(1))
        .implies({graph: true}),
    )
    .option('--crop <n>', 'side of the crop, for a quicker measurement', wholeNumber(32))
    .option('--batch <n>', 'triplets per micro-batch', wholeNumber(1))
    .option('--json', 'print JSON')
    .addOption(new Option('--execution <how>', 'one graph, or op by op').choices(['captured', 'eager']))
    .addOption(precisionOption())
    .option('--device <name>', 'TensorFlow device')
    .addOption(debugOption())
    .addHelpText('after', () => `\n${exitCodeHelp()}`)
    .action(async (flags: PluginsFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      const {runPlugins} = await import('./runPlugins.js');
      done(await runPlugins(flags, io));
    });
}

/** `rife-train create-plugin`: the same as `npm create rife-train-plugin`. */
import {Command} from 'commander';
import {debugOption, useDebug} from '../commandOptions.js';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';

/** The command; `done` receives its exit code. */
export function createPluginCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  return new Command('create-plugin')
    .description('Writes a plugin package that builds, tests and publishes.')
    .argument('<name>', 'soft-start, @scope/soft-start, or the whole name of the package')
    .argument('[folder]', 'where to; it must not exist (default: rife-train-plugin-<name>)')
    .addOption(debugOption())
    .action(async (name: string, folder: string | undefined, flags: {debug?: boolean}) => {
      useDebug(flags.debug);
      const {createPlugin, nextCommands} = await import('create-rife-train-plugin');
      const created = await createPlugin({name, folder, cwd: io.cwd});
      io.stdout.write(`${nextCommands(created, io.cwd).join('\n')}\n`);
      done(EXIT.ok);
    });
}

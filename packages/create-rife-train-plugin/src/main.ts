import {isRifeError, usageError} from '@rife-train/errors';
import {parseArgs} from 'node:util';
import {createPlugin, nextCommands} from './createPlugin.js';

const HELP = `npm create rife-train-plugin <name> [folder]

Writes a plugin for rife-train: a package that builds, tests and publishes.

  <name>    soft-start, @scope/soft-start, or the whole name of the package
  [folder]  where to; it must not exist (default: rife-train-plugin-<name>)
`;

/** Output streams, and the folder against which paths are resolved. */
export interface MainIo {
  cwd: string;
  stdout: {write(text: string): unknown};
  stderr: {write(text: string): unknown};
}

const processIo = (): MainIo => ({cwd: process.cwd(), stdout: process.stdout, stderr: process.stderr});

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {help: {type: 'boolean', short: 'h'}},
    });
  } catch (error) {
    throw usageError((error as Error).message, 'npm create rife-train-plugin -- --help');
  }
}

async function run(argv: readonly string[], io: MainIo): Promise<void> {
  const {positionals, values} = parse(argv);
  if (values.help) return void io.stdout.write(HELP);
  const [name, folder, extra] = positionals;
  if (name === undefined)
    throw usageError('The plugin has no name', 'npm create rife-train-plugin -- --help');
  if (extra !== undefined) throw usageError(`"${extra}" is one argument too many`);
  const created = await createPlugin({name, folder, cwd: io.cwd});
  io.stdout.write(`${nextCommands(created, io.cwd).join('\n')}\n`);
}

/**
 * `npm create rife-train-plugin`. Returns the exit code: 0, or 2 if the command line or the folder
 * is wrong.
 */
export async function main(argv: readonly string[], io: MainIo = processIo()): Promise<number> {
  try {
    await run(argv, io);
    return 0;
  } catch (error) {
    if (!isRifeError(error)) throw error;
    io.stderr.write(`${error.message}\n\nCode: ${error.code}\n`);
    return 2;
  }
}

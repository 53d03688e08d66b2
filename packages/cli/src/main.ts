import {usageError} from '@rife-train/errors';
import {CommanderError} from 'commander';
import {EXIT, exitCodeOf} from './exitCodes.js';
import {type CommandIo, processIo} from './io.js';
import {createCommand} from './program.js';
import {errorText, isDebug} from './reportError.js';

/**
 * Runs the command line and returns the exit code; never throws.
 *
 * @param argv arguments behind the command's own name
 */
export async function main(argv: readonly string[], io: CommandIo = processIo()): Promise<number> {
  let exitCode: number = EXIT.ok;
  try {
    await createCommand(io, code => (exitCode = code)).parseAsync(argv.length > 0 ? [...argv] : ['--help'], {
      from: 'user',
    });
    return exitCode;
  } catch (thrown) {
    const error = translate(thrown);
    if (error === undefined) return EXIT.ok;
    io.stderr.write(`${errorText(error, isDebug())}\n`);
    return exitCodeOf(error);
  }
}

/** commander throws for --help and --version as well; those are no errors. */
function translate(thrown: unknown): unknown {
  if (!(thrown instanceof CommanderError)) return thrown;
  if (thrown.exitCode === 0) return undefined;
  // A group of commands without one of them: commander would print its help as an error.
  if (thrown.code === 'commander.help') return usageError('The command is not complete');
  const [message = '', ...hints] = thrown.message.replace(/^error: /, '').split('\n');
  const hint = hints.join(' ').trim();
  return usageError([sentence(message), hint].filter(text => text !== '').join(' '));
}

const sentence = (text: string) => {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
};

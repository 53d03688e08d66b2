import {isRifeError, usageError} from '@rife-train/errors';
import {type Command, CommanderError} from 'commander';
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
  const program = createCommand(io, code => (exitCode = code));
  try {
    await program.parseAsync(argv.length > 0 ? [...argv] : ['--help'], {
      from: 'user',
    });
    return exitCode;
  } catch (thrown) {
    const error = withHelpOf(program, argv, translate(thrown));
    if (error === undefined) return EXIT.ok;
    io.stderr.write(`${errorText(error, isDebug())}\n`);
    return exitCodeOf(error);
  }
}

/** `rife-train weights diff`: the commands that the arguments begin with. */
function commandIn(program: Command, argv: readonly string[]): string {
  let command = program;
  const names = [program.name()];
  for (const word of argv) {
    const inner = command.commands.find(candidate => candidate.name() === word);
    if (!inner) break;
    command = inner;
    names.push(word);
  }
  return names.join(' ');
}

/** A mistake in the command line sends to the help of its command; who throws it need not know which that is. */
function withHelpOf(program: Command, argv: readonly string[], error: unknown): unknown {
  if (isRifeError(error) && error.code === 'RIFE_ERR_CLI_USAGE')
    error.message = error.message.replace(
      `"${program.name()} --help"`,
      () => `"${commandIn(program, argv)} --help"`,
    );
  return error;
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

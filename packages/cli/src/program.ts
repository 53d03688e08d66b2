import {isRifeError, usageError} from '@rife-train/errors';
import {Command, CommanderError, Option} from 'commander';
import {collect, debugOption, exitCodeHelp, runName, useDebug, wholeNumber} from './commandOptions.js';
import {compareCommand} from './compare/command.js';
import {createPluginCommand} from './createPlugin/command.js';
import {dataCommand} from './data/command.js';
import {addDryRun, refuseDryRunFlags, type DryRunFlags} from './dryRun/flags.js';
import {EXIT, exitCodeOf} from './exitCodes.js';
import {evalCommand} from './eval/command.js';
import {exportCommand} from './export/command.js';
import {interpolateCommand} from './interpolate/command.js';
import {type CommandIo, processIo} from './io.js';
import {pluginsCommand} from './plugins/command.js';
import {predictCommand} from './predict/command.js';
import {replayCommand} from './replay/command.js';
import {errorText, isDebug} from './reportError.js';
import {version} from './version.js';
import {weightsCommand} from './weights/command.js';

/**
 * Runs the command line and returns the exit code; never throws.
 *
 * @param argv arguments after the name of the command
 */
export async function main(argv: readonly string[], io: CommandIo = processIo()): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = await createCommand(io, code => (exitCode = code), argv);
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

/**
 * The command line. Commands load what they need when they run: `--help` must not wait for
 * TensorFlow.
 *
 * @param done receives the exit code of the command that ran
 * @param argv arguments; the schema of the configuration is loaded for `train` alone, which has
 * flags for its options, and the public sets for `eval`, whose help lists them
 */
export async function createCommand(
  io: CommandIo,
  done: (exitCode: number) => void,
  argv: readonly string[],
): Promise<Command> {
  const sets = argv.includes('eval') ? (await import('@rife-train/evaluate')).SETS : [];
  const flags = argv.includes('train') ? (await import('./config/optionFlags.js')).optionFlags() : [];
  const program = new Command('rife-train')
    .description('Trains RIFE, the video frame interpolation network.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .configureOutput({writeOut: text => io.stdout.write(text), writeErr: () => {}})
    .exitOverride()
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      () => `\n${exitCodeHelp()}\n\nStart here: rife-train doctor, then rife-train train`,
    );
  program.addCommand(trainCommand(io, done, flags));
  program.addCommand(predictCommand(io, done));
  program.addCommand(interpolateCommand(io, done));
  program.addCommand(evalCommand(io, done, sets));
  program.addCommand(compareCommand(io, done));
  program.addCommand(exportCommand(io, done));
  program.addCommand(replayCommand(io, done));
  program.addCommand(weightsCommand(io, done));
  program.addCommand(dataCommand(io, done));
  program.addCommand(pluginsCommand(io, done));
  program.addCommand(createPluginCommand(io, done));
  program.addCommand(doctorCommand(io, done));
  for (const command of program.commands) inherit(command, program);
  return program;
}

/** addCommand does not hand the parent's settings down. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inherit(inner, command);
}

const configOption = () =>
  new Option('-c, --config <path>', 'configuration file (default: rife.config.* here)');

function trainCommand(
  io: CommandIo,
  done: (exitCode: number) => void,
  optionFlags: readonly Option[],
): Command {
  const command = addDryRun(new Command('train'))
    .description('Trains as rife.config.ts says.')
    .addOption(configOption())
    .option('-r, --resume [dir]', 'resume from the last checkpoint of "out", or of the run in dir')
    .addOption(
      new Option('-f, --fresh', 'start a new run; an earlier one in "out" is moved to out.1').conflicts(
        'resume',
      ),
    )
    .addOption(
      new Option('-e, --extend <n>', 'resume for n further steps, with a learning rate schedule of their own')
        .argParser(wholeNumber(1))
        .conflicts(['steps', 'fresh']),
    )
    .addOption(
      new Option('--name <name>', 'name of the folder, beside the other runs')
        .argParser(runName)
        .conflicts('out'),
    )
    .option('-s, --set <path=value>', 'any option of the configuration; may be repeated', collect);
  for (const flag of optionFlags) command.addOption(flag);
  return command
    .addOption(debugOption())
    .addHelpText('after', () => `\nFlags come before the configuration.\n\n${exitCodeHelp()}`)
    .action(async (flags: DryRunFlags & {debug?: boolean}) => {
      useDebug(flags.debug);
      if (flags.dryRun) {
        const {runDryRun} = await import('./dryRun/runDryRun.js');
        return done(await runDryRun(flags, io));
      }
      refuseDryRunFlags(flags);
      const {train} = await import('./train/train.js');
      return done(await train(flags, io));
    });
}

function doctorCommand(io: CommandIo, done: (exitCode: number) => void): Command {
  return new Command('doctor')
    .description('Checks whether this machine can train, and lists what was found.')
    .addOption(configOption())
    .addOption(debugOption())
    .action(async (flags: {config?: string; debug?: boolean}) => {
      useDebug(flags.debug);
      const {runDoctor} = await import('./doctor/runDoctor.js');
      done(await runDoctor(flags, io));
    });
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

/**
 * A mistake in the command line sends to the help of its command; who throws it need not know which
 * that is.
 */
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

/** Runs the built command in child processes, in a folder of its own. Nothing is mocked here. */
import {type ChildProcess, fork, spawn} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';

export const ROOT = join(__dirname, '../..');
export const CLIPS = join(ROOT, 'examples/quickstart/clips');
const COMMAND = join(ROOT, 'packages/cli/bin/rife-train.js');
const MAIN = pathToFileURL(join(ROOT, 'packages/cli/dist/program.js')).href;

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A running command. */
export interface CliRun {
  child: ChildProcess;
  ended: Promise<CliResult>;
  /** Resolves when standard output has shown the pattern; rejects if the command ends first. */
  shows(pattern: RegExp): Promise<void>;
}

/** Starts `rife-train <args>`. */
export function startCli(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): CliRun {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd,
    env: {...process.env, TF_CPP_MIN_LOG_LEVEL: '2', ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = {stdout: '', stderr: ''};
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => (text[name] += chunk.toString()));
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({code, signal, ...text}));
  });
  const shows = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(text.stdout) && resolve();
      look();
      child.stdout.on('data', look);
      void ended.then(({stderr}) =>
        reject(new Error(`ended without showing ${pattern}:\n${text.stdout}\n${stderr}`)),
      );
    });
  return {child, ended, shows};
}

/** Runs `rife-train <args>` to its end, in a process of its own. */
export const runAlone = (cwd: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<CliResult> =>
  startCli(cwd, args, env).ended;

let served: ChildProcess | undefined;
let isServing = false;
afterAll(() => void served?.disconnect());

/** The process in which {@link runCli} runs one command after another. */
function serve(): ChildProcess {
  const child = fork(join(__dirname, 'served.mjs'), [MAIN], {
    env: {...process.env, TF_CPP_MIN_LOG_LEVEL: '2'},
    execArgv: [],
  });
  child.once('exit', () => {
    if (served === child) [served, isServing] = [undefined, false];
  });
  return child;
}

/**
 * Runs `rife-train <args>` to its end, in the process of the earlier commands of this file: the
 * same code as {@link runAlone}, except for the start and the end of a process. One at a time.
 */
export function runCli(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CliResult> {
  // A test that timed out has left its command running.
  if (isServing) served?.kill('SIGKILL');
  if (isServing) served = undefined;
  const child = (served ??= serve());
  isServing = true;
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: NodeJS.Signals | null) =>
      reject(new Error(`rife-train ${args.join(' ')} ended the process that it shares: ${signal ?? code}`));
    child.once('exit', ended);
    child.once('message', result => {
      isServing = false;
      child.off('exit', ended);
      resolve(result as CliResult);
    });
    child.send({cwd, args, env});
  });
}

/** A folder from which `rife-train` and the plugins can be imported, as after `npm install`. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'rife-e2e-'));

  constructor() {
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Writes a file, with its folders. */
  write(name: string, content: string | Uint8Array): string {
    const path = this.path(name);
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, content);
    return path;
  }

  /** Writes rife.config.ts: a small run on the demo clips, changed by `options` (source text). */
  config(options = '', head = ''): void {
    this.write('rife.config.ts', configSource(options, head));
  }

  /**
   * Copies an example. @returns its configuration, which is compiled beside itself: the checkout
   * may be read-only
   */
  example(name: string): string {
    cpSync(join(ROOT, 'examples', name), this.path(name), {recursive: true});
    return this.path(name, 'rife.config.ts');
  }

  remove(): void {
    rmSync(this.folder, {recursive: true, force: true});
  }
}

/** `options` come last, so that they override those of the small run. */
const configSource = (options: string, head: string) => `import {defineConfig} from 'rife-train';
${head}
const small = {root: ${JSON.stringify(CLIPS)}, crop: 64, batch: 1, workers: 1};
export default defineConfig({
  data: small,
  // RIFE's own width is trained by the quickstart (run.test.ts): here it would be most of the time.
  model: {widths: [24, 16, 12]},
  // A graph takes longer to make than these few steps. Who looks at one asks for it.
  execution: 'eager',
  steps: 4,
  out: 'run',
  saveEvery: 2,
  previewEvery: 2,
  optim: {warmupSteps: 2},
  ${options}
});
`;

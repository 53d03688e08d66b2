/** An empty folder outside of the workspace, into which packed packages are installed as from a registry. */
import {execFile, spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ROOT} from './support.js';

/** What a command left. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** npm: the one that runs the tests, or the one on the PATH. */
function npmCommand(): [command: string, first: string[]] {
  const path = process.env['npm_execpath'];
  return path ? [process.execPath, [path]] : ['npm', []];
}

/** What `npm test` sets for its children would tell an inner npm that it works in this workspace. */
function outsideEnv(): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle)_|npm_config_(local_prefix|workspaces?)$|INIT_CWD$)/i.test(name),
  );
  return {...Object.fromEntries(env), TF_CPP_MIN_LOG_LEVEL: '2'};
}

function run(command: string, args: readonly string[], cwd: string): Ended {
  const {status, stdout, stderr, error} = spawnSync(command, args, {
    cwd,
    env: outsideEnv(),
    encoding: 'utf8',
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (error) throw error;
  return {code: status, stdout, stderr};
}

/** Runs npm and expects it to succeed. */
export function npm(cwd: string, ...args: string[]): Ended {
  const [command, first] = npmCommand();
  const ended = run(command, [...first, ...args], cwd);
  if (ended.code !== 0) throw new Error(`npm ${args.join(' ')}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}

/** {@link npm} that other work need not wait for. */
export function npmLater(cwd: string, ...args: string[]): Promise<Ended> {
  const [command, first] = npmCommand();
  const options = {
    cwd,
    env: outsideEnv(),
    shell: command === 'npm' && process.platform === 'win32',
    maxBuffer: 2 ** 26,
  };
  return new Promise((resolve, reject) =>
    execFile(command, [...first, ...args], options, (error, stdout, stderr) =>
      error
        ? reject(new Error(`npm ${args.join(' ')}\n${stdout}\n${stderr}`))
        : resolve({code: 0, stdout, stderr}),
    ),
  );
}

/** Undefined when npm's registry answers; else why not. */
export function registryProblem(): string | undefined {
  try {
    npm(tmpdir(), 'ping', '--fetch-retries=0', '--fetch-timeout=10000');
    return undefined;
  } catch (error) {
    return `npm's registry can't be reached: ${(error as Error).message.split('\n').slice(0, 4).join(' ')}`;
  }
}

/** The folder, and what is packed for it. */
export class Outsider {
  private readonly folder = mkdtempSync(join(tmpdir(), 'rife-outside-'));
  readonly tarballs = join(this.folder, 'tarballs');
  /** Where the user installs things. */
  readonly site = join(this.folder, 'site');

  constructor() {
    for (const folder of [this.tarballs, this.site]) mkdirSync(folder);
    writeFileSync(
      join(this.site, 'package.json'),
      JSON.stringify({name: 'site', private: true, type: 'module'}),
    );
  }

  /** Packs a package, or with `--workspaces` all of them. */
  pack(folder: string, ...flags: string[]): void {
    npm(folder, 'pack', '--ignore-scripts', '--pack-destination', this.tarballs, ...flags);
  }

  /** Path of the tarball whose name begins so. */
  tarball(start: string): string {
    const found = readdirSync(this.tarballs).find(name => name.startsWith(`${start}-0`));
    if (found === undefined) throw new Error(`no tarball of ${start}`);
    return join(this.tarballs, found);
  }

  /** `npm install` at the site. */
  install(...specs: string[]): void {
    npm(this.site, 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...specs);
  }

  /** Copies a package in source form, without what was built or installed; it finds what the site has. */
  adopt(source: string, name: string): string {
    const folder = join(this.site, name);
    const skipped = /[\\/](node_modules|dist)$/;
    cpSync(source, folder, {recursive: true, filter: path => !skipped.test(path)});
    this.linkModules(folder);
    return folder;
  }

  /** Lets a package below the site see the site's node_modules as its own. */
  linkModules(folder: string): void {
    symlinkSync(join(this.site, 'node_modules'), join(folder, 'node_modules'), 'junction');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.site, name), text);
  }

  /** `npx <command>` at the site; nothing is fetched. */
  npx(...args: string[]): Ended {
    const [command, first] = npmCommand();
    return run(command, [...first, 'exec', '--no', '--', ...args], this.site);
  }

  remove(): void {
    rmSync(this.folder, {recursive: true, force: true});
  }
}

export const EXAMPLE = join(ROOT, 'examples/custom-plugin');

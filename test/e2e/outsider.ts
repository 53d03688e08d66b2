/** An empty folder outside the workspace, with packed packages installed as npm would. */
import {execFile, execFileSync, spawnSync} from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {ROOT} from './support.js';

/** Results of a command. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Manifest {
  name: string;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** npm: the one that runs the tests, or the one on the PATH. */
function npmCommand(): [command: string, first: string[]] {
  const path = process.env['npm_execpath'];
  return path ? [process.execPath, [path]] : ['npm', []];
}

/**
 * Variables that `npm test` sets for its children would make an inner npm work in this workspace.
 */
function outsideEnv(): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle)_|npm_config_(local_prefix|workspaces?)$|INIT_CWD$)/i.test(name),
  );
  return {...Object.fromEntries(env), TF_CPP_MIN_LOG_LEVEL: '2'};
}

/** Runs npm and expects it to succeed. Does not block other work. */
export async function npm(cwd: string, ...args: string[]): Promise<Ended> {
  const [command, first] = npmCommand();
  const options = {
    cwd,
    env: outsideEnv(),
    shell: command === 'npm' && process.platform === 'win32',
    maxBuffer: 2 ** 26,
  };
  try {
    return {code: 0, ...(await promisify(execFile)(command, [...first, ...args], options))};
  } catch (error) {
    const {stdout, stderr} = error as {stdout?: string; stderr?: string};
    throw new Error(`npm ${args.join(' ')}\n${stdout}\n${stderr}`, {cause: error});
  }
}

const readManifest = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The folder, and the packages for it. */
export class Outsider {
  private readonly folder = mkdtempSync(join(tmpdir(), 'rife-outside-'));
  private readonly tarballs = join(this.folder, 'tarballs');
  /** Where the user installs things. */
  readonly site = join(this.folder, 'site');

  constructor() {
    for (const folder of [this.tarballs, join(this.site, 'node_modules/.bin')])
      mkdirSync(folder, {recursive: true});
    this.write('package.json', JSON.stringify({name: 'site', private: true, type: 'module'}));
  }

  /** Packs packages, by their folders; or with `--workspaces` all of the workspace at `cwd`. */
  async pack(cwd: string, ...folders: string[]): Promise<void> {
    await npm(cwd, 'pack', '--ignore-scripts', '--pack-destination', this.tarballs, ...folders);
  }

  /**
   * Puts the tarball with this prefix where `npm install` would. Its declared dependencies come
   * from the workspace, where npm has resolved the same ranges. Nothing is downloaded, and
   * undeclared dependencies are missing.
   */
  install(...starts: string[]): void {
    for (const start of starts) {
      const tarball = readdirSync(this.tarballs).find(name => name.startsWith(`${start}-0`));
      if (tarball === undefined) throw new Error(`no tarball of ${start}`);
      const unpacked = mkdtempSync(join(this.folder, 'unpacked-'));
      execFileSync('tar', ['-xzf', join(this.tarballs, tarball), '-C', unpacked]);
      const {name, ...declared} = readManifest(join(unpacked, 'package'));
      cpSync(join(unpacked, 'package'), this.module(name), {recursive: true});
      const {dependencies, optionalDependencies, peerDependencies} = declared;
      this.link(...Object.keys({...dependencies, ...optionalDependencies, ...peerDependencies}));
    }
  }

  /** Links packages of the registry from the workspace, but none of the workspace's own. */
  link(...names: string[]): void {
    for (const name of names) {
      const found = join(ROOT, 'node_modules', name);
      if (/^@rife-train\/|rife-train/.test(name) || existsSync(this.module(name)) || !existsSync(found))
        continue;
      mkdirSync(dirname(this.module(name)), {recursive: true});
      symlinkSync(found, this.module(name), 'junction');
      for (const [bin, path] of Object.entries(readManifest(found).bin ?? {}))
        symlinkSync(join(found, path), this.module(`.bin/${bin}`));
    }
  }

  private module(name: string): string {
    return join(this.site, 'node_modules', name);
  }

  /**
   * Copies a package's sources, without builds and installed packages; it resolves the site's
   * packages.
   */
  adopt(source: string, name: string): string {
    const folder = join(this.site, name);
    const skipped = /[\\/](node_modules|dist)$/;
    cpSync(source, folder, {recursive: true, filter: path => !skipped.test(path)});
    return this.linkModules(folder);
  }

  /** Makes the site's node_modules visible to a package below it. */
  linkModules(folder: string): string {
    symlinkSync(join(this.site, 'node_modules'), join(folder, 'node_modules'), 'junction');
    return folder;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.site, name), text);
  }

  /** Runs the command of a package at the site. */
  run(name: string, ...args: string[]): Ended {
    const folder = this.module(name);
    const bin = join(folder, readManifest(folder).bin![name]!);
    const {status, stdout, stderr, error} = spawnSync(process.execPath, [bin, ...args], {
      cwd: this.site,
      env: outsideEnv(),
      encoding: 'utf8',
    });
    if (error) throw error;
    return {code: status, stdout, stderr};
  }

  remove(): void {
    rmSync(this.folder, {recursive: true, force: true});
  }
}

export const EXAMPLE = join(ROOT, 'examples/custom-plugin');
export const EXAMPLE_NETWORK = join(ROOT, 'examples/custom-network');

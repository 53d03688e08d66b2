import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {basename, dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createFailedError, folderExistsError, installCommands, isRifeError, ON_NPM} from '@rife-train/errors';
import {pluginNames, type PluginNames} from './names.js';

export interface CreatePluginOptions {
  /** `soft-start`, `@scope/soft-start`, or the whole name of the package. */
  name: string;
  /** Folder that is made; relative to `cwd`. @default the package's name, without its scope */
  folder?: string | undefined;
  /** @default the folder of the process */
  cwd?: string;
}

/** A package that was written. */
export interface CreatedPlugin extends PluginNames {
  /** Absolute. */
  folder: string;
  /** Relative to the folder, in order. */
  files: string[];
}

const TEMPLATE = fileURLToPath(new URL('../template', import.meta.url));
/** Each file of the template ends so: npm would read a .gitignore or a package.json of its own. */
const ENDING = '.tmpl';

/** The release that this one belongs to: all packages of rife-train have one version. */
async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as {version: string}).version;
}

/** Replaces `{{package}}` and the like; a name that is not known is a mistake in the template. */
export function fillIn(template: string, values: Record<string, string>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`invariant: the template asks for "${name}"`);
    return value;
  });
}

/** Files of the template, by the path that they get. */
async function templateFiles(): Promise<string[]> {
  const entries = await readdir(TEMPLATE, {recursive: true, withFileTypes: true});
  return entries
    .filter(entry => entry.isFile())
    .map(entry => relative(TEMPLATE, join(entry.parentPath ?? entry.path, entry.name)))
    .map(path => path.slice(0, -ENDING.length))
    .sort();
}

async function writeInto(folder: string, files: readonly string[], values: Record<string, string>) {
  for (const file of files) {
    const path = join(folder, file);
    await mkdir(dirname(path), {recursive: true});
    await writeFile(path, fillIn(await readFile(join(TEMPLATE, file + ENDING), 'utf8'), values));
  }
}

/** Written aside and renamed, so that there is never half a package. */
async function writeWhole(folder: string, files: readonly string[], values: Record<string, string>) {
  await mkdir(dirname(folder), {recursive: true});
  const aside = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  try {
    // Inside of it, since mkdtemp's own folder can be read by its owner alone.
    const whole = join(aside, 'whole');
    await writeInto(whole, files, values);
    await rename(whole, folder);
  } finally {
    await rm(aside, {recursive: true, force: true});
  }
}

/**
 * Writes a plugin package that builds, tests and publishes.
 * @throws RIFE_ERR_CREATE_NAME, RIFE_ERR_CREATE_EXISTS, RIFE_ERR_CREATE_FAILED; nothing is left behind then
 */
export async function createPlugin({
  name,
  folder: asked,
  cwd = process.cwd(),
}: CreatePluginOptions): Promise<CreatedPlugin> {
  const names = pluginNames(name);
  const folder = resolve(cwd, asked ?? basename(names.package));
  if (existsSync(folder)) throw folderExistsError(folder);
  const values = {...names, version: await ownVersion(), year: String(new Date().getFullYear())};
  const files = await templateFiles();
  try {
    await writeWhole(folder, files, values);
  } catch (error) {
    throw isRifeError(error) ? error : createFailedError(folder, error);
  }
  return {...names, folder, files};
}

/** What to type next, line by line. */
export function nextCommands({folder, package: name, factory}: CreatedPlugin, cwd: string): string[] {
  const path = relative(cwd, folder);
  return [
    `Wrote ${name} to ${path.startsWith('..') ? folder : path}.`,
    '',
    `  cd ${path.startsWith('..') ? folder : path}`,
    ...installCommands([], {keepsManifest: true}).map(command => `  ${command}`),
    '  npm test',
    '',
    ...(ON_NPM ? [] : ['rife-train is not on npm yet: its packages come out of a clone of it, as tarballs.']),
    `Then list ${factory}() in "plugins" of rife.config.ts. docs/writing-a-plugin.md of rife-train tells the rest.`,
  ];
}

import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {basename, dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createFailedError, folderExistsError, installCommands, isRifeError, ON_NPM} from '@rife-train/errors';
import {pluginNames, type PluginNames} from './names.js';

export interface CreatePluginOptions {
  /** `soft-start`, `@scope/soft-start`, or the whole name of the package. */
  name: string;
  /** Folder to create; relative to `cwd`. @default the package's name, without its scope */
  folder?: string | undefined;
  /** @default the folder of the process */
  cwd?: string;
}

/** A plugin package that was written. */
export interface CreatedPlugin extends PluginNames {
  /** Absolute. */
  folder: string;
  /** Relative to the folder, in order. */
  files: string[];
}

const TEMPLATE = fileURLToPath(new URL('../template', import.meta.url));
/** Suffix of the template's files: npm would interpret a .gitignore or a package.json. */
const ENDING = '.tmpl';

/** The release of this package: all packages of rife-train have the same version. */
async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as {version: string}).version;
}

/** Replaces `{{package}}` and the like; an unknown name is a mistake in the template. */
export function fillIn(template: string, values: Record<string, string>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`invariant: the template asks for "${name}"`);
    return value;
  });
}

/** Files of the template, by their path in the new package. */
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

/** Written to a temporary folder and renamed, so that there is never a partial package. */
async function writeWhole(folder: string, files: readonly string[], values: Record<string, string>) {
  await mkdir(dirname(folder), {recursive: true});
  const aside = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  try {
    // A folder inside it: only its owner can read mkdtemp's own folder.
    const whole = join(aside, 'whole');
    await writeInto(whole, files, values);
    await rename(whole, folder);
  } finally {
    await rm(aside, {recursive: true, force: true});
  }
}

/**
 * Writes a plugin package that builds, tests and publishes.
 * @throws RIFE_ERR_CREATE_NAME, RIFE_ERR_CREATE_EXISTS, RIFE_ERR_CREATE_FAILED; then no partial
 *   package is left
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

/** The next commands to type, line by line. */
export function nextCommands({folder, package: name, factory}: CreatedPlugin, cwd: string): string[] {
  const path = relative(cwd, folder);
  return [
    `Wrote ${name} to ${path.startsWith('..') ? folder : path}.`,
    '',
    `  cd ${path.startsWith('..') ? folder : path}`,
    ...installCommands([], {keepsManifest: true}).map(command => `  ${command}`),
    '  npm test',
    '',
    ...(ON_NPM ? [] : ['rife-train is not on npm yet: its packages are installed as tarballs from a clone.']),
    `Then list ${factory}() in "plugins" of rife.config.ts. For the rest see docs/writing-a-plugin.md of rife-train.`,
  ];
}

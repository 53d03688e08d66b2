import {randomBytes} from 'node:crypto';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {configLoadError, configReadOnlyError} from '@rife-train/errors';
import type {Message, TransformFailure} from 'esbuild';

/** Returns what a configuration exports, or holds. */
type Loader = (path: string) => Promise<unknown>;

/** cosmiconfig's loaders alone: its search executes settings of its own from the current folder. */
const withoutCode =
  (extension: '.json' | '.yaml'): Loader =>
  async path => {
    const text = await readFile(path, 'utf8');
    // An empty file holds nothing.
    if (text.trim() === '') return undefined;
    const {defaultLoaders} = await import('cosmiconfig');
    return defaultLoaders[extension](path, text);
  };

/** Imports a JavaScript configuration, ESM or CommonJS. */
export async function loadJavaScript(path: string): Promise<unknown> {
  const module = (await import(pathToFileURL(path).href)) as {default?: unknown};
  return module.default;
}

/**
 * Imports a TypeScript configuration. It is translated into a file beside it, so that its imports
 * are found, and that file is removed again. Its name is its own: two processes may load one
 * configuration at once.
 */
export async function loadTypeScript(path: string, source: string): Promise<unknown> {
  const translated = join(
    dirname(path),
    `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.mjs`,
  );
  const code = await translate(path, source);
  try {
    await writeFile(translated, code, {flag: 'wx'});
  } catch (error) {
    throw configReadOnlyError(path, error);
  }
  try {
    return await loadJavaScript(translated);
  } catch (error) {
    throw renamed(error, translated, path);
  } finally {
    await rm(translated, {force: true});
  }
}

/**
 * Removes the types; types are not checked here. esbuild is loaded here, so that no command waits
 * for it without a configuration.
 * @throws RIFE_ERR_CLI_CONFIG_LOAD on a syntax error
 */
async function translate(path: string, source: string): Promise<string> {
  const {transform} = await import('esbuild');
  try {
    const options = {loader: 'ts', format: 'esm', target: 'es2022', logLevel: 'silent'} as const;
    return (await transform(source, {...options, sourcefile: path})).code;
  } catch (error) {
    const [first] = (error as Partial<TransformFailure>).errors ?? [];
    throw first ? configLoadError(path, describe(first), 'Correct the line') : error;
  }
}

function describe({text, location}: Message): string {
  return location ? `line ${location.line}, column ${location.column + 1}: ${text}` : text;
}

/** The reader knows the configuration by its own name only. */
function renamed(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof Error)) return error;
  const fix = (text: string) => text.replaceAll(pathToFileURL(from).href, to).replaceAll(from, to);
  error.message = fix(error.message);
  if (error.stack) error.stack = fix(error.stack);
  return error;
}

const readTypeScript: Loader = async path => loadTypeScript(path, await readFile(path, 'utf8'));

/** By the extension of the file. */
export const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': readTypeScript,
  '.mts': readTypeScript,
  '.js': loadJavaScript,
  '.mjs': loadJavaScript,
  '.cjs': loadJavaScript,
  '.json': withoutCode('.json'),
  '.yaml': withoutCode('.yaml'),
  '.yml': withoutCode('.yaml'),
};

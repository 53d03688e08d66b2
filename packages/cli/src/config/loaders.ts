import {randomBytes} from 'node:crypto';
import {rm, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {configLoadError, configReadOnlyError} from '@rife-train/errors';
import ts from 'typescript';

/** Imports a JavaScript configuration, ESM or CommonJS. */
export async function loadJavaScript(path: string): Promise<unknown> {
  const module = (await import(pathToFileURL(path).href)) as {default?: unknown};
  return module.default;
}

/**
 * Imports a TypeScript configuration. It is translated into a file beside it, so that its imports are found,
 * and that file is removed again. cosmiconfig's own loader would name that file rife.config.mjs: it overwrites
 * and then deletes a file of that name that is the user's, and two processes delete each other's.
 */
export async function loadTypeScript(path: string, source: string): Promise<unknown> {
  const translated = join(
    dirname(path),
    `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.mjs`,
  );
  const code = translate(path, source);
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

/** Removes the types; types are not checked here. @throws RIFE_ERR_CLI_CONFIG_LOAD on a syntax error */
function translate(path: string, source: string): string {
  const {outputText, diagnostics = []} = ts.transpileModule(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022},
  });
  const [first] = diagnostics;
  if (first) throw configLoadError(path, describe(first), 'Correct the line');
  return outputText;
}

function describe({file, start, messageText}: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, ' ');
  if (!file || start === undefined) return text;
  const {line, character} = file.getLineAndCharacterOfPosition(start);
  return `line ${line + 1}, column ${character + 1}: ${text}`;
}

/** The reader knows the configuration by its own name only. */
function renamed(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof Error)) return error;
  const fix = (text: string) => text.replaceAll(pathToFileURL(from).href, to).replaceAll(from, to);
  error.message = fix(error.message);
  if (error.stack) error.stack = fix(error.stack);
  return error;
}

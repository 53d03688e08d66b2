/**
 * The exported functions of scripts/, which are ES modules that jest can't load: each call runs in
 * a process of its own.
 */
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

export const ROOT = join(__dirname, '../..');

/** Calls an exported function of a script; a thrown error comes back as its message. */
export const callScript = (script: string, name: string, ...args: unknown[]): unknown =>
  callEach(script, name, [args])[0];

/** {@link callScript} once for each list of arguments, in one process. */
export const callEach = (script: string, name: string, lists: readonly (readonly unknown[])[]): unknown[] =>
  evalScript(
    script,
    `${JSON.stringify(lists)}.map(args => {
      try { return exports.${name}(...args) ?? null; } catch (error) { return {thrown: error.message}; }
    })`,
  ) as unknown[];

/** An expression of the `exports` of a script; a thrown error comes back as its message. */
export function evalScript(script: string, expression: string): unknown {
  const url = pathToFileURL(join(ROOT, 'scripts', script)).href;
  const code = `
    const exports = await import(${JSON.stringify(url)});
    let result;
    try { result = ${expression} ?? null; } catch (error) { result = {thrown: error.message}; }
    process.stdout.write(JSON.stringify(result));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], {encoding: 'utf8'}));
}

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Program} from '@rife-train/core';
import {launchReplicas, type LaunchOptions} from '../launch';

const folders: string[] = [];
afterAll(() => folders.forEach(folder => rmSync(folder, {recursive: true, force: true})));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rife-parallel-'));
  folders.push(folder);
  return folder;
}

/**
 * A module with this text as the body of its replica:
 * `async ({rank, count, group, signal, payload, device, post, program}) => ...`.
 */
export const entryOf = (body: string): string =>
  writeEntry(`async ({rank, count, group, signal, payload, device, post}) => {
    const program = values => ({
      readVariables: async names => new Map(names.map(name => [name, values.get(name).slice()])),
      writeVariables: async means => means.forEach((array, name) => values.set(name, array.slice())),
    });
    ${body}
  }`);

/** A module with this default export. */
export function writeEntry(main: string): string {
  const file = join(temporaryFolder(), 'replica.mjs');
  writeFileSync(file, `export default ${main};`);
  return file;
}

/** Launches replicas with this body. Not inline: jest would load their module by its own rules. */
export const launch = (body: string, options: Partial<LaunchOptions> & Pick<LaunchOptions, 'launcher'>) =>
  launchReplicas({
    // Far longer than a busy machine needs; tests of what hangs set their own.
    ...{count: 2, payload: undefined, timeout: CHILD_LIMIT_MS / 1000, grace: 30, devices: 'cpu'},
    entry: options.entry ?? entryOf(body),
    ...options,
  });

/** A program that holds variables, and nothing else. */
export class FakeProgram {
  constructor(readonly values: Map<string, Float32Array>) {}

  get program(): Program {
    return {
      readVariables: async (names: readonly string[] = []) =>
        new Map(
          names.flatMap(name => (this.values.has(name) ? [[name, this.values.get(name)!.slice()]] : [])),
        ),
      writeVariables: async (means: ReadonlyMap<string, Float32Array>) =>
        means.forEach((array, name) => this.values.set(name, array.slice())),
    } as unknown as Program;
  }
}

export async function rejection(
  promise: Promise<unknown>,
): Promise<Error & {code?: string; plugin?: string}> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Error) => error,
  );
}

export const isThere = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

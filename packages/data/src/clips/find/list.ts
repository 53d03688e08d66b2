/** Lists of clips, as Vimeo90K has, in any encoding. */
import {readdir} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {fileUnreadable, listEmpty, listedMissing, listedOutside, type RifeError} from '@rife-train/errors';
import {isImage, type FoundClip, type OnBadClip} from '../../clip.js';
import type {PassedOverLog} from './passedOver.js';

/** Text of a file in UTF-8 or UTF-16, with or without a byte order mark. */
export function decodeText(bytes: Buffer): string {
  const isBig = bytes[0] === 0xfe && bytes[1] === 0xff;
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  // Without a mark: every other byte of a path is 0.
  if (isBig || (!isLittle && bytes.length > 1 && bytes[0] === 0 && bytes[1] !== 0))
    return decodeText(Buffer.concat([Buffer.from([0xff, 0xfe]), swapped(bytes.subarray(isBig ? 2 : 0))]));
  const isWide = isLittle || (bytes.length > 1 && bytes[0] !== 0 && bytes[1] === 0);
  return new TextDecoder(isWide ? 'utf-16le' : 'utf-8').decode(bytes);
}

const swapped = (bytes: Buffer) => Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16();

/**
 * Folders that a list names, as paths below the folder of sequences. Slashes of both kinds are
 * accepted, and so are paths with that folder.
 */
export function listedPaths(bytes: Buffer, folder: string): string[] {
  const start = `${basename(folder)}/`;
  return decodeText(bytes)
    .split(/\r\n|\r|\n/)
    .map(line =>
      line
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .replaceAll('\\', '/')
        .replace(/\/{2,}/g, '/'),
    )
    .map(line => {
      const at = `/${line}`.lastIndexOf(`/${start}`);
      return (at < 0 ? line : line.slice(at + start.length)).replace(/^(\.?\/)+|\/+$/g, '');
    })
    .filter(line => line !== '' && !line.startsWith('#'));
}

/** The files im1, im2 ... of `count` frames, or the number of the first missing one. */
function framesOf(names: readonly string[], count: number): string[] | number {
  const files: string[] = [];
  for (let number = 1; number <= count; number++) {
    const file = names.filter(
      name => isImage(name) && name.replace(/\.[^.]+$/, '').toLowerCase() === `im${number}`,
    );
    if (file.length !== 1) return number;
    files.push(file[0]!);
  }
  return files;
}

/** Tens of thousands of clips have the same names: they share them. */
function shared(known: Map<string, string[]>, files: string[]): string[] {
  const key = files.join('/');
  if (!known.has(key)) known.set(key, files);
  return known.get(key)!;
}

const holds = (names: readonly string[]) =>
  names.length === 0
    ? 'the folder is empty'
    : `the folder holds ${names.slice(0, 4).join(', ')}${names.length > 4 ? ' ...' : ''}`;

/** A list and the folder of its clips. */
export interface ListOfClips {
  folder: string;
  list: string;
  lines: string[];
  /** Frames that each clip has. */
  frames: number;
}

function once(lines: readonly string[], onAgain: (line: string) => void): string[] {
  const ids = new Set<string>();
  for (const line of lines) {
    if (ids.has(line)) onAgain(line);
    ids.add(line);
  }
  return [...ids];
}

/** A path that leads out of its folder. */
const leadsOut = (line: string) => line.split('/').includes('..');

/** Folders read at the same time: a disk answers several requests as fast as one. */
const LANES = 16;

/**
 * Clips that a list names, in its order. `onBadClip` gets those that are missing or incomplete.
 * @throws RIFE_ERR_DATA_EMPTY
 */
export async function findListed(
  {folder, list, lines, frames}: ListOfClips,
  onBadClip: OnBadClip,
  log: PassedOverLog,
): Promise<FoundClip[]> {
  const ids = once(lines, line => log.add('again', `${line} (twice in ${list})`));
  const known = new Map<string, string[]>();
  const results: (FoundClip | RifeError)[] = [];
  let next = 0;
  const lane = async () => {
    while (next < ids.length) {
      const index = next++;
      const path = join(folder, ids[index]!);
      if (leadsOut(ids[index]!)) {
        results[index] = listedOutside(list, ids[index]!);
        continue;
      }
      const names = await readdir(path).catch(() => undefined);
      const files = names && framesOf(names.sort(), frames);
      if (Array.isArray(files))
        results[index] = {id: ids[index]!, kind: 'folder', path, files: shared(known, files)};
      else
        results[index] = names
          ? listedMissing(path, list, `im${files}.png`, holds(names))
          : fileUnreadable(path, `it is in ${list}, and not on the disk`);
    }
  };
  await Promise.all(Array.from({length: LANES}, lane));
  return kept(ids, results, onBadClip, {folder, list});
}

function kept(
  ids: readonly string[],
  results: readonly (FoundClip | RifeError)[],
  onBadClip: OnBadClip,
  {folder, list}: {folder: string; list: string},
): FoundClip[] {
  const found: FoundClip[] = [];
  for (const [index, result] of results.entries())
    if ('kind' in result) found.push(result);
    else onBadClip(ids[index]!, result);
  if (found.length === 0) throw listEmpty(list, folder, ids);
  return found;
}

/** Logs sequences on the disk that no list names. */
export async function noteUnlisted(
  folder: string,
  all: readonly string[],
  log: PassedOverLog,
): Promise<void> {
  const named = new Set(all);
  const groups = new Set(all.filter(line => !leadsOut(line)).map(dirname));
  for (const group of [...groups].sort()) {
    const names = await readdir(join(folder, group)).catch(() => []);
    for (const name of names.sort())
      if (!name.startsWith('.') && !named.has(group === '.' ? name : `${group}/${name}`) && !isImage(name))
        log.add('unlisted', group === '.' ? name : `${group}/${name}`);
  }
}

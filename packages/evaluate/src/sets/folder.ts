/** What is in the folders of a set. */
import {readdirSync, statSync, type Dirent} from 'node:fs';
import {basename, join} from 'node:path';
import {plural} from '@rife-train/errors';

/** Names in a folder, sorted by code units as the scripts' Python sorts them. */
export interface Listing {
  folders: string[];
  files: string[];
}

/** Of the system: hidden, or left by Windows and macOS. */
const isOfSystem = (name: string) => /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i.test(name);

const statOf = (path: string) => {
  try {
    return statSync(path, {throwIfNoEntry: false});
  } catch {
    return undefined;
  }
};

export const isFile = (path: string): boolean => statOf(path)?.isFile() ?? false;
export const isFolder = (path: string): boolean => statOf(path)?.isDirectory() ?? false;
/** Bytes of a file; undefined where there is none. */
export const fileBytes = (path: string): number | undefined =>
  isFile(path) ? statOf(path)!.size : undefined;

/** Whether an entry is a folder; of a link, whether it leads to one. */
const leadsToFolder = (folder: string, entry: Dirent) =>
  entry.isSymbolicLink() ? isFolder(join(folder, entry.name)) : entry.isDirectory();

/** Names in a folder, without those of the system; empty where it can't be read. */
export function listing(folder: string): Listing {
  let entries: Dirent[] = [];
  try {
    entries = readdirSync(folder, {withFileTypes: true}).filter(({name}) => !isOfSystem(name));
  } catch {
    // Whoever asks finds nothing in it, and says so.
  }
  const names = (wantsFolders: boolean) =>
    entries
      .filter(entry => leadsToFolder(folder, entry) === wantsFolders)
      .map(({name}) => name)
      .sort();
  return {folders: names(true), files: names(false)};
}

/** Name without its ending. */
export const stemOf = (name: string): string => basename(name).replace(/\.[^.]*$/, '');

/** The first of some folders below a root that passes a test. */
export const firstFolder = (
  root: string,
  below: readonly string[],
  test: (folder: string) => boolean,
): string | undefined => below.map(path => join(root, path)).find(test);

/** `3 clips: a, b, c`; nothing where there are none. */
export function countedLine(what: string, names: readonly string[], most = 5): string[] {
  if (names.length === 0) return [];
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return [`${plural(names.length, what)}: ${names.slice(0, most).join(', ')}${more}`];
}

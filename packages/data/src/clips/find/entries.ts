/** Entries of a folder, sorted by kind. Names of system files are recognised. */
import {readdir, realpath, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {isImage} from '../../clip.js';
import type {Reason} from './passedOver.js';

/**
 * Folders and files that NAS devices, macOS and Windows create, in lower case. Names with a leading
 * dot count as hidden anyway.
 */
const SYSTEM = new Set([
  ...['@eadir', '@tmp', '@sharebin', '@recycle', '@recently-snapshot', '@transcode', '@download'],
  ...['#recycle', '#snapshot', '~snapshot', 'lost+found'],
  ...['$recycle.bin', 'recycler', 'recycled', 'system volume information', 'found.000'],
  ...['__macosx', 'network trash folder', 'temporary items', 'icon\r'],
  ...['thumbs.db', 'ehthumbs.db', 'ehthumbs_vista.db', 'desktop.ini', 'synophoto_thumb_m.jpg'],
]);

export const isSystem = (name: string) => SYSTEM.has(name.toLowerCase());

export interface SubFolder {
  name: string;
  /** Where a link leads to. */
  link?: string;
}

/** Entries of a folder, in no particular order. */
export interface Entries {
  folders: SubFolder[];
  files: string[];
  /** Files that are links. */
  links: Set<string>;
  /**
   * Named as pictures, but neither files nor dangling links (pipes, for example): reading one may
   * block for ever.
   */
  noFiles: string[];
  passed: {name: string; reason: Reason}[];
}

const isVisible = (name: string) => !name.startsWith('.') && !isSystem(name);

/** @throws the error of the operating system */
export async function entriesOf(folder: string): Promise<Entries> {
  const found: Entries = {folders: [], files: [], links: new Set(), noFiles: [], passed: []};
  for (const entry of await readdir(folder, {withFileTypes: true})) {
    const {name} = entry;
    if (!isVisible(name)) found.passed.push({name, reason: isSystem(name) ? 'system' : 'hidden'});
    else if (entry.isDirectory()) found.folders.push({name});
    else if (entry.isFile()) found.files.push(name);
    else if (entry.isSymbolicLink()) await addLink(found, folder, name);
    else addOther(found, name);
  }
  return found;
}

function addOther(found: Entries, name: string): void {
  if (isImage(name)) found.noFiles.push(name);
  else found.passed.push({name, reason: 'special'});
}

/** A dangling link stays in the list: reading it reports the fault. */
async function addLink(found: Entries, folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const target = await stat(path).catch(() => undefined);
  if (target?.isDirectory()) {
    found.folders.push({name, link: await realpath(path)});
  } else if (!target || target.isFile()) {
    found.files.push(name);
    found.links.add(name);
  } else {
    addOther(found, name);
  }
}

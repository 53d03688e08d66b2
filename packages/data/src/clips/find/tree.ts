/** Clips of a tree of folders, found by name. No file is opened. */
import {realpath} from 'node:fs/promises';
import {basename, join, relative, sep} from 'node:path';
import {fileUnreadable, frameOrder, messageOf, noClips, splitUnclear} from '@rife-train/errors';
import {byName, endingOf, isImage, isPack, isVideo, type FoundClip} from '../../clip.js';
import {orderFrames} from '../names/order.js';
import {entriesOf, type Entries, type SubFolder} from './entries.js';
import type {PassedOverLog} from './passedOver.js';
import {areSplits} from './splits.js';

/** Levels of folders searched below the split; enough for `<set>/<scene>/<clip>`. */
const MAX_DEPTH = 4;

const stemOf = (name: string) => name.slice(0, -endingOf(name).length);
const isClipFile = (name: string) => isVideo(name) || isPack(name);

/** A folder to search: its path, and its path without links. */
interface Place {
  path: string;
  real: string;
  depth: number;
}

interface Found {
  clip: FoundClip;
  /** The path without links, and whether the folder is a link. */
  real: string;
  isLinked: boolean;
  /** Path without links of a frame that is a link itself. */
  frame?: string | undefined;
}

const isAbove = (real: string, folder: string) => folder === real || folder.startsWith(real + sep);

/** Searches one split. */
class TreeWalk {
  readonly found: Found[] = [];
  /** Endings of files that are not clips, for the error message. */
  readonly others = new Set<string>();

  constructor(
    readonly top: string,
    readonly root: string,
    /** The root without links. */
    readonly realRoot: string,
    readonly log: PassedOverLog,
    readonly read: typeof entriesOf,
  ) {}

  private pass(reason: Parameters<PassedOverLog['add']>[0], path: string): void {
    this.log.add(reason, relative(this.root, path).split(sep).join('/') || path);
  }

  private idOf(path: string): string {
    return relative(this.top, path).split(sep).join('/') || basename(this.top);
  }

  async walk(place: Place, isLinked = false): Promise<void> {
    const entries = await this.read(place.path).catch((error: unknown) => {
      if (place.depth === 0) throw fileUnreadable(place.path, messageOf(error), error);
      this.pass('unreadable', place.path);
      return undefined;
    });
    if (!entries) return;
    const folders = entries.folders.sort((a, b) => byName(a.name, b.name));
    const names = [...folders.map(({name}) => name), ...entries.files.filter(isClipFile).map(stemOf)];
    if (areSplits(names)) throw splitUnclear(place.path, names);
    for (const {name, reason} of entries.passed.sort((a, b) => byName(a.name, b.name)))
      this.pass(reason, join(place.path, name));
    await this.addClips(place, entries, isLinked);
    for (const folder of folders) await this.enter(place, folder, isLinked);
  }

  private async enter({path, real, depth}: Place, {name, link}: SubFolder, isLinked: boolean): Promise<void> {
    const below = join(path, name);
    if (link !== undefined && isAbove(link, real)) return this.pass('again', below);
    if (depth === MAX_DEPTH) return this.pass('deep', below);
    const place = {path: below, real: link ?? join(real, name), depth: depth + 1};
    return this.walk(place, isLinked || link !== undefined);
  }

  private async addClips({path, real}: Place, entries: Entries, isLinked: boolean): Promise<void> {
    const frames = entries.files.filter(isImage);
    if (frames.length + entries.noFiles.length > 0) {
      const clip = folderClip(this.idOf(path), path, frames, entries.noFiles);
      const link = frames.find(name => entries.links.has(name));
      const frame = link && (await realpath(join(path, link)).catch(() => undefined));
      this.found.push({clip, real, isLinked, frame});
    }
    for (const name of entries.files.filter(one => !isImage(one)).sort(byName)) {
      const file = join(path, name);
      if (!isClipFile(name)) {
        this.others.add(endingOf(name) || name);
        this.pass('other', file);
        continue;
      }
      const kind = isPack(name) ? 'pack' : 'video';
      const clip = {
        id: this.idOf(file.slice(0, -endingOf(name).length)),
        kind,
        path: file,
        files: [],
      } as const;
      const isLink = entries.links.has(name);
      const place = isLink ? await realpath(file).catch(() => file) : join(real, name);
      this.found.push({clip, real: place, isLinked: isLinked || isLink});
    }
  }

  /** With the remark that a link leads out of the root, where one does. */
  private remarked({clip, real, frame = real}: Found): FoundClip {
    const isInside = [real, frame].every(path => isAbove(this.realRoot, path));
    return isInside ? clip : {...clip, remarks: ['linked']};
  }

  /** Each clip once: links to a clip that was found anyway are skipped. */
  once(): FoundClip[] {
    const own = new Set(this.found.filter(one => !one.isLinked).map(({real}) => real));
    const seen = new Set<string>();
    return this.found.flatMap(one => {
      const {clip, real, isLinked} = one;
      if (!isLinked || !(seen.has(real) || own.has(real))) {
        seen.add(real);
        return [this.remarked(one)];
      }
      this.pass('again', clip.path);
      return [];
    });
  }
}

function folderClip(
  id: string,
  path: string,
  frames: readonly string[],
  noFiles: readonly string[],
): FoundClip {
  const {files, doubt} = orderFrames(frames);
  const [none] = noFiles;
  const clip = {id, kind: 'folder', path, files} as const;
  if (none !== undefined) return {...clip, fault: fileUnreadable(join(path, none), 'it is no file')};
  return doubt === undefined ? clip : {...clip, fault: frameOrder(id, path, doubt)};
}

/**
 * Two clips may share a name (`a.mp4` beside `a.mkv` or a folder `a`): their ids then keep the
 * ending.
 */
function makeIdsUnique(found: readonly FoundClip[]): FoundClip[] {
  const uses = new Map<string, number>();
  for (const {id} of found) uses.set(id, (uses.get(id) ?? 0) + 1);
  return found.map(clip =>
    clip.kind !== 'folder' && uses.get(clip.id)! > 1
      ? {...clip, id: clip.id + clip.path.slice(-endingOf(clip.path).length)}
      : clip,
  );
}

/**
 * Clips below a folder, in natural order of their ids.
 * @param root reported paths are relative to it
 * @param read lists a folder
 * @throws RIFE_ERR_DATA_EMPTY, RIFE_ERR_DATA_FILE, RIFE_ERR_DATA_SPLIT_UNCLEAR
 */
export async function findInTree(
  folder: string,
  root: string,
  log: PassedOverLog,
  read = entriesOf,
): Promise<FoundClip[]> {
  const walk = new TreeWalk(folder, root, await realpath(root), log, read);
  await walk.walk({path: folder, real: await realpath(folder), depth: 0});
  if (walk.found.length === 0) throw noClips(folder, [...walk.others].sort());
  return makeIdsUnique(walk.once()).sort((a, b) => byName(a.id, b.id));
}

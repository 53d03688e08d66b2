/**
 * The clips of a run: samples are drawn by the numbers of clips in this list, so a clip that is
 * gone or renamed changes the samples that follow.
 */
import path from 'node:path';
import {disk, replaceFile, sha256Of} from '@rife-train/files';

/** The clips in a checkpoint's state. The list itself is beside the checkpoints, once. */
export interface ClipsMark {
  count: number;
  sha256: string;
}

const textOf = (clips: readonly string[]) => `[\n${clips.map(clip => JSON.stringify(clip)).join(',\n')}\n]\n`;

export const markOf = (clips: readonly string[]): ClipsMark => ({
  count: clips.length,
  sha256: sha256Of(textOf(clips)),
});

const fileOf = (folder: string, {sha256}: ClipsMark) =>
  path.join(folder, `clips-${sha256.slice(0, 12)}.json`);

/** Writes a list beside the checkpoints. */
export async function writeClipList(folder: string, clips: readonly string[]): Promise<void> {
  await disk.mkdir(folder, {recursive: true});
  await replaceFile(fileOf(folder, markOf(clips)), textOf(clips));
}

/** The list that a checkpoint means, if it is there and whole. */
async function readClipList(folder: string, mark: ClipsMark): Promise<string[] | undefined> {
  const text = await disk.readFile(fileOf(folder, mark), 'utf8').catch(() => '');
  return sha256Of(text) === mark.sha256 ? (JSON.parse(text) as string[]) : undefined;
}

/** Names that are shown of each kind. */
const SHOWN = 5;

const listed = (count: string, names: readonly string[]) =>
  `${names.length} ${count} (${names.slice(0, SHOWN).join('; ')}${names.length > SHOWN ? '; ...' : ''})`;

/** A line of the list is `<id>: <size>`. */
const byId = (clips: readonly string[]) =>
  new Map(clips.map(clip => [clip.slice(0, clip.lastIndexOf(': ')), clip]));

/** In words: which are gone, new, or of another size. */
function differences(before: readonly string[], now: readonly string[]): string {
  const [old, here] = [byId(before), byId(now)];
  const gone = [...old.keys()].filter(id => !here.has(id));
  const come = [...here.keys()].filter(id => !old.has(id));
  const changed = [...here].flatMap(([id, clip]) =>
    old.has(id) && old.get(id) !== clip ? [`${old.get(id)} -> ${clip.slice(id.length + 2)}`] : [],
  );
  const parts = [
    ...(gone.length > 0 ? [listed('gone', gone)] : []),
    ...(come.length > 0 ? [listed('new', come)] : []),
    ...(changed.length > 0 ? [listed('changed', changed)] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'in another order';
}

/**
 * What differs between the clips of a checkpoint and those of now; undefined where nothing does, or
 * nothing is known.
 * @param folder that of the checkpoints
 */
export async function clipChanges(
  folder: string,
  mark: ClipsMark | undefined,
  clips: readonly string[] | undefined,
): Promise<string | undefined> {
  if (!mark || !clips || mark.sha256 === markOf(clips).sha256) return undefined;
  const before = await readClipList(folder, mark);
  const counts = `${mark.count} before, ${clips.length} now`;
  return before ? `${counts}: ${differences(before, clips)}` : `${counts}; the list of before is gone`;
}

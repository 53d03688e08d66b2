/** Videos among files and folders, and a name for each. */
import {readdir, realpath, stat} from 'node:fs/promises';
import {basename, extname, join, resolve} from 'node:path';
import {byName, endingOf} from '@rife-train/data/parts';
import {buildNoVideo, fileUnreadable, messageOf} from '@rife-train/errors';

/** Endings of videos in folders. */
const ENDINGS = new Set(
  'mp4 m4v mov mkv webm avi mpg mpeg m2v vob ts mts m2ts wmv flv f4v ogv 3gp 3g2 mxf y4m dv gif'
    .split(' ')
    .map(ending => `.${ending}`),
);
/** Levels of folders that are searched. */
const MAX_DEPTH = 8;
/** Longest name, in characters. */
const LONGEST = 60;

async function search(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder).catch((error: unknown) => {
    throw fileUnreadable(folder, messageOf(error), error);
  });
  const found: string[] = [];
  for (const name of entries.filter(entry => !entry.startsWith('.')).sort(byName)) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() && ENDINGS.has(endingOf(name))) found.push(path);
    else if (info?.isDirectory() && depth > 0) found.push(...(await search(path, depth - 1)));
  }
  return found;
}

/**
 * Videos in the order of the inputs, those of a folder by name; each once, even if several inputs
 * lead to it.
 * @param except folder to skip: the output of the build
 * @throws RIFE_ERR_DATA_FILE, RIFE_ERR_DATA_BUILD_INPUT
 */
export async function findVideos(inputs: readonly string[], except: string): Promise<string[]> {
  const found = new Map<string, string>();
  const inside = await realpath(except).catch(() => resolve(except));
  for (const input of inputs) {
    const path = resolve(input);
    const info = await stat(path).catch((error: unknown) => {
      throw fileUnreadable(path, messageOf(error), error);
    });
    for (const file of info.isDirectory() ? await search(path, MAX_DEPTH) : [path]) {
      const real = await realpath(file);
      if (!real.startsWith(join(inside, '/')) && !found.has(real)) found.set(real, file);
    }
  }
  if (found.size === 0) throw buildNoVideo(inputs);
  return [...found.values()];
}

/** A name for a folder: letters, digits, `-` and `_` of the file's name. */
export function cleanName(path: string): string {
  const name = basename(path, extname(path)).normalize('NFKD');
  const clean = name.replace(/[\u0300-\u036f]/g, '').replace(/[^A-Za-z0-9_]+/g, '-');
  return clean.slice(0, LONGEST).replace(/^-+|-+$/g, '') || 'video';
}

/**
 * A name for each video. If two would be equal apart from case, the later one gets a number.
 * @param known names from an earlier build
 */
export function nameVideos(
  paths: readonly string[],
  known: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const names = new Map<string, string>();
  const used = new Set([...known.values()].map(name => name.toLowerCase()));
  for (const path of paths) {
    const clean = cleanName(path);
    let name = known.get(path);
    for (let number = 1; name === undefined; number++) {
      const tried = number === 1 ? clean : `${clean}-${number}`;
      if (!used.has(tried.toLowerCase())) name = tried;
    }
    used.add(name.toLowerCase());
    names.set(path, name);
  }
  return names;
}

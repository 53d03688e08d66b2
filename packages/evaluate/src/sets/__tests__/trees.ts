/** Synthetic trees in the layouts of the sets, of small pictures. */
import {linkSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import sharp from 'sharp';
import type {EvalSet, Pair, SetOptions} from '../evalSet.js';
import {setNamed} from '../registry.js';

export interface Tree {
  root: string;
  /** Writes pictures of one size, 8 x 6 pixels by default. */
  pictures(paths: readonly string[], size?: readonly [height: number, width: number]): Promise<void>;
  text(path: string, text: string): void;
  /** A file of zeros, which takes no space. */
  bytes(path: string, length: number): void;
  write(path: string, content: Uint8Array): void;
  remove(path: string): void;
}

const made: string[] = [];
/** Files already written, by size and format: the others are links to them. */
const originals = new Map<string, string>();

async function pictureFile(ending: string, [height, width]: readonly [number, number]): Promise<string> {
  const key = `${height}x${width}.${ending}`;
  const known = originals.get(key);
  if (known) return known;
  const path = join(newFolder(), key);
  const picture = sharp({create: {width, height, channels: 3, background: '#6496c8'}});
  await (ending === 'jpg' ? picture.jpeg() : picture.png()).toFile(path);
  originals.set(key, path);
  return path;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rife-set-'));
  made.push(folder);
  return folder;
}

export function newTree(): Tree {
  const root = newFolder();
  const place = (path: string) => {
    const file = join(root, path);
    mkdirSync(dirname(file), {recursive: true});
    return file;
  };
  return {
    root,
    async pictures(paths, size = [6, 8]) {
      for (const path of paths) {
        const original = await pictureFile(path.endsWith('.jpg') ? 'jpg' : 'png', size);
        const file = place(path);
        rmSync(file, {force: true});
        linkSync(original, file);
      }
    },
    text: (path, text) => writeFileSync(place(path), text),
    bytes(path, length) {
      const file = place(path);
      writeFileSync(file, '');
      truncateSync(file, length);
    },
    write: (path, content) => writeFileSync(place(path), content),
    remove: path => rmSync(join(root, path), {recursive: true}),
  };
}

/** Removes all that was written. */
export function removeTrees(): void {
  for (const folder of made) rmSync(folder, {recursive: true, force: true});
}

export const readSet = (name: string, root: string, options: SetOptions = {}): Promise<EvalSet> =>
  setNamed(name).read(root, options);

/** `code: message` of what went wrong. */
export const failure = (name: string, root: string, options: SetOptions = {}): Promise<string> =>
  readSet(name, root, options).then(
    () => 'no error',
    (error: Error & {code: string}) => `${error.code}: ${error.message}`,
  );

/** Path of a picture below the root. */
export const pathIn = ({root}: Pick<EvalSet, 'root'>, source: Pair['img0']): string =>
  source.kind === 'picture' ? source.path.slice(root.length + 1) : `${source.kind} ${source.index}`;

/** `img0 > gt, gt < img1` of a pair. */
export const filesOf = (set: EvalSet, {img0, img1, targets}: Pair): string =>
  `${pathIn(set, img0)} > ${targets.map(({source}) => pathIn(set, source)).join(', ')} < ${pathIn(set, img1)}`;

/** Names 0000.png ... */
export const numbered = (count: number, digits = 4, first = 0, ending = 'png'): string[] =>
  Array.from({length: count}, (_, i) => `${String(i + first).padStart(digits, '0')}.${ending}`);

/** Are all ids of pairs, and all ids of targets, different? */
export const areUnique = ({pairs}: EvalSet): boolean =>
  [pairs.map(({id}) => id), pairs.flatMap(({targets}) => targets.map(({id}) => id))].every(
    ids => new Set(ids).size === ids.length,
  );

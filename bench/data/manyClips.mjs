import {linkSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join, relative} from 'node:path';

const COPIES = 16;

/**
 * The training split, each clip under many names: with four clips a loader would keep a far larger
 * share of decoded frames than with a real data set. All names are links to the same files, so that
 * both kinds are read from memory.
 */
export function manyClips(root, target, copies = COPIES) {
  rmSync(target, {recursive: true, force: true});
  const train = join(root, 'train');
  for (const entry of readdirSync(train, {recursive: true, withFileTypes: true}).filter(e => e.isFile())) {
    for (let copy = 0; copy < copies; copy++) {
      const folder = join(target, 'train', String(copy), relative(train, entry.parentPath));
      mkdirSync(folder, {recursive: true});
      linkSync(join(entry.parentPath, entry.name), join(folder, entry.name));
    }
  }
  return target;
}

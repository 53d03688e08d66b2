/** A folder of good clips for attacks, and commands that open every clip of it. */
import {cpSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {CLIPS} from './smallRun.mjs';

const DEMO = join(CLIPS, 'train/001');

/** A video of 65 frames. */
export const DEMO_VIDEO = join(DEMO, 'cam01.mp4');

/** A frame of 128 x 128. */
export const FRAME = fileURLToPath(
  new URL('../../packages/data/src/__tests__/fixtures/clip128/0000.png', import.meta.url),
);

/** Two good clips in `clips/train/001`, beside what `add` writes there. */
export function clips(folder, add) {
  const train = join(folder, 'clips', 'train', '001');
  cpSync(DEMO, train, {recursive: true});
  add(train);
}

/** Commands that open every clip. */
export const readers = {
  pack: ['data', 'pack', 'clips', '--out', 'packed'],
  build: ['data', 'build', 'clips/train/001', '--out', 'built', '--dry-run'],
};

import {readFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import {makeFolder, replaceFile} from '@rife-train/files';
import sharp from 'sharp';
import type {Picture} from './canvas.js';

/** Writes a PNG in one step, so that a viewer never sees half a file. Its folder is made. */
export async function writePng(path: string, {width, height, rgb}: Picture): Promise<void> {
  makeFolder(dirname(path));
  const raw = {width, height, channels: 3} as const;
  await replaceFile(path, await sharp(rgb, {raw}).png().toBuffer());
}

/** Copies a file under another name, as atomically. */
export const copyAside = async (from: string, to: string): Promise<void> =>
  replaceFile(to, await readFile(from));

import {copyFile, mkdir, rename, rm} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import sharp from 'sharp';
import type {Picture} from './canvas.js';

/** Writes a PNG aside and renames it, so that a viewer never sees half a file. */
export async function writePng(path: string, {width, height, rgb}: Picture): Promise<void> {
  await aside(path, temporary =>
    sharp(rgb, {raw: {width, height, channels: 3}})
      .png()
      .toFile(temporary),
  );
}

/** Copies a file under another name, as atomically. */
export async function copyAside(from: string, to: string): Promise<void> {
  await aside(to, temporary => copyFile(from, temporary));
}

async function aside(path: string, write: (temporary: string) => Promise<unknown>): Promise<void> {
  await mkdir(dirname(path), {recursive: true});
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    await write(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, {force: true});
  }
}

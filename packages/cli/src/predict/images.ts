/** Pictures in and out. The network's frames are BGR, as in training; files are RGB. */
import {statSync} from 'node:fs';
import {extname, join} from 'node:path';
import type {PredictedFrame} from '@rife-train/core';
import {readPicture} from '@rife-train/data';
import {messageOf, predictImage, predictOutput} from '@rife-train/errors';
import {bgrToRgb} from '../preview/panels.js';
import {writePng} from '../preview/writePng.js';

/**
 * Reads a picture, as training does.
 * @param asError what is thrown where it can't be read: the path, the reason, its cause
 * @throws RIFE_ERR_PREDICT_IMAGE
 */
export async function readFrame(path: string, asError = predictImage) {
  try {
    const {height, width, rgb} = await readPicture('', path);
    // The same exchange of channels, the other way round.
    return {height, width, data: bgrToRgb(rgb, 3, 0, 1)};
  } catch (error) {
    throw asError(path, messageOf(error).trim().split('\n')[0] ?? '', error);
  }
}

/**
 * Writes a frame as PNG, its values rounded to the nearest byte. (The reference cuts them off,
 * which darkens by half a step.)
 * @throws RIFE_ERR_PREDICT_OUTPUT
 */
export async function writeFrame(path: string, {height, width, refined}: PredictedFrame): Promise<void> {
  try {
    await writePng(path, {height, width, rgb: bgrToRgb(refined, 3, 0, 255)});
  } catch (error) {
    throw predictOutput(path, messageOf(error), error);
  }
}

/** Endings of one picture or video: nobody means a folder by these. */
const ONE_FILE = /\.(jpe?g|jfif|webp|avif|hei[cf]|tiff?|bmp|gif|jxl|ppm|exr|mp4|m4v|mkv|webm|mov|avi|apng)$/i;

/**
 * Where frame number `index` (from 1) of `count` goes: the path itself, when it ends in .png; else
 * `<out>/1.png`, with as many digits as the last one has.
 * @throws RIFE_ERR_PREDICT_OUTPUT when it can't be written for certain; called before anything is
 *   computed
 */
export function outputPaths(out: string, count: number): (index: number) => string {
  const existing = statSync(out, {throwIfNoEntry: false});
  const isFile = existing ? !existing.isDirectory() : extname(out).toLowerCase() === '.png';
  if (!existing && ONE_FILE.test(out))
    throw predictOutput(out, `frames are written as PNG, which loses nothing, and not as ${extname(out)}`);
  if (!isFile) return index => join(out, `${String(index).padStart(String(count).length, '0')}.png`);
  if (extname(out).toLowerCase() !== '.png') throw predictOutput(out, 'it is a file, and no .png');
  if (count > 1) throw predictOutput(out, `it names one file, and there are ${count} frames`);
  return () => out;
}

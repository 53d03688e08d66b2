/** Where the result goes, and what is there already. */
import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {interpolateExists, interpolateFormat, interpolateResume, interpolateSource} from '@rife-train/errors';
import type {InterpolateFlags} from './flags.js';

export interface Place {
  out: string;
  /** Segments, beside the result: moving the result there costs nothing. */
  folder: string;
}

const isEmptyFolder = (path: string) => statSync(path).isDirectory() && readdirSync(path).length === 0;

/**
 * Checks the place before anything is computed.
 * @throws RIFE_ERR_INTERPOLATE_EXISTS, RIFE_ERR_INTERPOLATE_RESUME, RIFE_ERR_INTERPOLATE_FORMAT
 */
export function placeOf(input: string, {png, yes, resume}: InterpolateFlags, out: string): Place {
  const place = {out, folder: `${out}.parts`};
  if (resolve(input) === out) throw interpolateSource(input, '--out names the same file');
  if (!existsSync(dirname(out)))
    throw interpolateFormat(`The folder of ${out} does not exist`, 'Expected an existing folder');
  if (resume) {
    if (!existsSync(place.folder)) throw interpolateResume(place.folder, 'it does not exist');
    return place;
  }
  if (yes) {
    if (existsSync(out) && !png && statSync(out).isDirectory())
      throw interpolateFormat(`${out} is a folder`, 'Expected the name of a video');
    return place;
  }
  if (existsSync(place.folder)) throw interpolateExists(place.folder, true);
  if (existsSync(out) && !isEmptyFolder(out)) throw interpolateExists(out, false);
  return place;
}

/** Removes the images of an earlier command, which would stand among the new ones. */
export function clearImages(out: string): void {
  if (!existsSync(out)) return;
  for (const name of readdirSync(out)) if (/^\d{7}\.png$/.test(name)) rmSync(resolve(out, name));
}

/** The source of a packed clip: its pixels, and a fingerprint of its files. */
import {createHash} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {fileUnreadable, messageOf} from '@rife-train/errors';
import {endingOf, type Clip} from '../clip.js';
import {decodeImage} from '../decode/image.js';
import {streamVideo} from '../decode/video/decode.js';
import type {PackSource} from './format.js';
import {PackFile} from './reader.js';

/** @throws RIFE_ERR_DATA_FILE */
export async function sourceOf(clip: Clip): Promise<PackSource> {
  const paths = clip.kind === 'folder' ? clip.files.map(name => join(clip.path, name)) : [clip.path];
  const hash = createHash('sha256');
  // Earlier versions ignored EXIF orientation: copies of pictures that may have one are made again.
  if (clip.files.some(name => endingOf(name) !== '.png')) hash.update('upright\0');
  let bytes = 0;
  for (const path of paths) {
    const {size, mtimeMs} = await stat(path).catch((error: unknown) => {
      throw fileUnreadable(path, messageOf(error), error);
    });
    hash.update(`${basename(path)}\0${size}\0${mtimeMs}\0`);
    bytes += size;
  }
  return {kind: clip.kind, bytes, fingerprint: hash.digest('hex')};
}

/**
 * Decodes all frames in order, one at a time.
 * @param onFrame receives RGB bytes [H,W,3], valid until it returns
 * @throws what is wrong with the clip's files, and what `onFrame` throws
 */
export async function eachFrame(clip: Clip, onFrame: (frame: Uint8Array) => void): Promise<void> {
  if (clip.kind === 'video') return streamVideo(clip, onFrame);
  if (clip.kind === 'folder') {
    for (const name of clip.files) onFrame(await decodeImage(clip, join(clip.path, name)));
    return;
  }
  const file = PackFile.open(clip);
  try {
    for (let frame = 0; frame < file.header.frames; frame++) onFrame(file.frame(frame));
  } finally {
    file.close();
  }
}

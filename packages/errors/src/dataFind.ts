/** What names, lists and first bytes say against data, before anything is decoded. */
import {skipHint} from './data.js';
import {RifeError} from './rifeError.js';

const part = 'data';

/** Folders that look like splits, where it is not clear which is which. */
export const splitUnclear = (root: string, names: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_SPLIT_UNCLEAR',
    part,
    what: `Folders in "${root}" look like splits of a data set: ${names.map(name => `"${name}"`).join(', ')}. Which is trained on, and which validated on?`,
    expected: 'Expected one folder "train" and one folder "val"',
    fix: 'Name them so, or set data.root to a folder that has both',
  });

/** A list of which no line names a clip that is there. */
export const listEmpty = (list: string, folder: string, lines: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_EMPTY',
    part,
    what: lines.length
      ? `None of the ${lines.length} clips in ${list} is whole in "${folder}"; the first is ${lines[0]}`
      : `The list ${list} names no clip for this split`,
    expected: 'Expected a line for each folder below it, such as 00001/0001',
    fix: 'Correct the list, or data.root',
  });

/** A clip of a list that lacks a frame. */
export const listedMissing = (path: string, list: string, frame: string, holds: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FILE',
    part,
    what: `Clip "${path}" of ${list} has no ${frame}: ${holds}`,
    expected: 'Expected frames im1, im2 ... as PNG, JPEG or WebP, each once',
    fix: `Put the frames there, or take the line out of the list, ${skipHint}`,
  });

/** Frames whose names give no order. `doubt` is a sentence about them. */
export const frameOrder = (clip: string, path: string, doubt: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FRAME_ORDER',
    part,
    what: `The order of the frames of clip "${clip}" (${path}) is not clear: ${doubt}`,
    expected: 'Expected names that are one numbering, such as 0001.png, 0002.png',
    fix: `Number the frames in the order of time, give each sequence a folder of its own, ${skipHint}`,
  });

/** A file that is no PNG, JPEG or WebP, although its name says so. */
export const frameForeign = (clip: string, file: string, is: string, fix: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FRAME',
    part,
    what: `Frame "${file}" of clip "${clip}" is ${is}`,
    expected: 'Expected a PNG, JPEG or WebP file',
    fix: `${fix}, ${skipHint}`,
  });

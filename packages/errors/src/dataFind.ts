/** Faults that names, lists and the first bytes of files show before anything is decoded. */
import {skipHint} from './data.js';
import {RifeError} from './rifeError.js';

const part = 'data';

/** Folders that look like splits, where it is not clear which is which. */
export const splitUnclear = (root: string, names: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_SPLIT_UNCLEAR',
    part,
    what: `Folders in "${root}" look like splits of a data set: ${names.map(name => `"${name}"`).join(', ')}. It is not clear which is for training and which for validation`,
    expected: 'Expected one folder "train" and one folder "val"',
    fix: 'Rename them, or set data.root to a folder that has both',
  });

/** A list that names no existing clip. */
export const listEmpty = (list: string, folder: string, lines: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_EMPTY',
    part,
    what: lines.length
      ? `None of the ${lines.length} clips in ${list} is complete in "${folder}"; the first is ${lines[0]}`
      : `The list ${list} names no clip for this split`,
    expected: 'Expected one line per clip folder below it, such as 00001/0001',
    fix: 'Correct the list, or data.root',
  });

/** A listed clip that lacks a frame. */
export const listedMissing = (path: string, list: string, frame: string, holds: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FILE',
    part,
    what: `Clip "${path}" of ${list} has no ${frame}: ${holds}`,
    expected: 'Expected frames im1, im2 ... as PNG, JPEG or WebP, each once',
    fix: `Add the frames, remove the line from the list, ${skipHint}`,
  });

/** A line of a list that leads out of the data folder. */
export const listedOutside = (list: string, line: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FILE',
    part,
    what: `${list} names "${line}", which is outside the folder of its clips`,
    expected: 'Expected paths below that folder, without ".."',
    fix: `Move the clip there, remove the line from the list, ${skipHint}`,
  });

/** Frames whose names do not define an order. `doubt` says why. */
export const frameOrder = (clip: string, path: string, doubt: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FRAME_ORDER',
    part,
    what: `The order of the frames of clip "${clip}" (${path}) is not clear: ${doubt}`,
    expected: 'Expected names with one sequence of numbers, such as 0001.png, 0002.png',
    fix: `Number the frames in temporal order, put each sequence into a folder of its own, ${skipHint}`,
  });

/** A file that is not PNG, JPEG or WebP, although its name says so. */
export const frameForeign = (clip: string, file: string, is: string, fix: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FRAME',
    part,
    what: `Frame "${file}" of clip "${clip}" is ${is}`,
    expected: 'Expected a PNG, JPEG or WebP file',
    fix: `${fix}, ${skipHint}`,
  });

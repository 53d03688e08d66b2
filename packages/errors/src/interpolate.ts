import {RifeError} from './rifeError.js';

const part = 'interpolate';

/** A video that can't be used. */
export const interpolateSource = (path: string, reason: string) =>
  new RifeError({
    code: 'RIFE_ERR_INTERPOLATE_SOURCE',
    part,
    what: `"${path}" can't be used: ${reason}`,
    expected: 'Expected a video with at least two frames, or a folder of at least two images of one size',
    fix: 'Check the path, or convert the video with ffmpeg first',
  });

/** A video whose end or parts of it are missing. */
export const interpolateDamaged = (path: string, out: string, frames: number, reason: string) =>
  new RifeError({
    code: 'RIFE_ERR_INTERPOLATE_DAMAGED',
    part,
    what: `"${path}" is damaged or truncated: ${reason}`,
    expected: `${out} holds everything that could be decoded: ${frames} frames of the source`,
    fix: 'Copy or download the video again, and add --yes to replace the result',
  });

/** Fields instead of frames. */
export const interpolateInterlaced = (path: string) =>
  new RifeError({
    code: 'RIFE_ERR_INTERPOLATE_INTERLACED',
    part,
    what: `"${path}" is interlaced`,
    expected: 'The two fields of a frame show different moments, which the network would take for one',
    fix: 'Add --deinterlace',
  });

/** The result is there already. */
export const interpolateExists = (path: string, isPartial: boolean) =>
  new RifeError({
    code: 'RIFE_ERR_INTERPOLATE_EXISTS',
    part,
    what: isPartial ? `${path} holds segments of an earlier command` : `${path} already exists`,
    expected: 'It was not changed',
    fix: isPartial
      ? 'Add --resume to go on, or --yes to begin again'
      : 'Name another --out, or add --yes to replace it',
  });

/** An ending or preset that can't be written. */
export const interpolateFormat = (what: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_INTERPOLATE_FORMAT',
    part,
    what,
    expected,
    fix: 'Change --out or --encoder, or add --png for a folder of images',
  });

/** Nothing to go on from. */
export const interpolateResume = (folder: string, reason: string) =>
  new RifeError({
    code: 'RIFE_ERR_INTERPOLATE_RESUME',
    part,
    what: `${folder} can't be resumed: ${reason}`,
    expected: 'Expected the segments of the same command, with the same input, weights and options',
    fix: 'Repeat the command as it was, or add --yes instead of --resume to begin again',
  });

/** ffmpeg failed while it wrote. */
export const interpolateEncoder = (reason: string) =>
  new RifeError({
    code: 'RIFE_ERR_INTERPOLATE_ENCODER',
    part,
    what: `ffmpeg could not write the result: ${reason}`,
    expected: 'Finished segments were kept',
    fix: 'Free disk space or choose another --encoder; --resume goes on with the same options',
  });

/** Reading that makes no progress. */
import {RifeError} from './rifeError.js';

const part = 'data';

/** A duration in seconds or minutes. */
const durationText = (ms: number) => (ms < 60_000 ? `${ms / 1000} s` : `${Math.round(ms / 60_000)} minutes`);

/**
 * A sample that is not read within the time limit.
 * @param sample its name; undefined if no thread has started a batch
 */
export const dataStuck = (sample: string | undefined, limitMs: number) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_STUCK',
    part,
    what: sample
      ? `Reading ${sample} has not finished after ${durationText(limitMs)}`
      : `No decode thread has started a batch for ${durationText(limitMs)}`,
    expected: 'Expected a sample to be read within that time',
    fix: 'Check whether the disk or network share of the data still responds, and whether ffmpeg hangs; then continue with --resume',
  });

/** An ffmpeg that makes no progress. */
export const ffmpegStuck = (file: string, limitMs: number) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_STUCK',
    part,
    what: `ffmpeg made no progress for ${durationText(limitMs)} while reading "${file}"`,
    expected: 'Expected it to decode a frame, or to fail, within that time',
    fix: 'Check whether the disk or network share of the data still responds; then run the command again',
  });

/** What can go wrong when clips are cut out of videos (`rife-train data build`). */
import {showValue} from './core.js';
import {RifeError} from './rifeError.js';

const part = 'data';

/** An option of the build of the wrong type or range. */
export const buildOption = (option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BUILD_OPTION',
    part,
    what: `${option} is ${showValue(got)}`,
    expected: `Expected ${expected}`,
    fix: 'Correct it; "rife-train data build --help" lists all options',
  });

/** No video among the files and folders that were named. */
export const buildNoVideo = (inputs: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BUILD_INPUT',
    part,
    what: `There is no video in ${inputs.map(input => `"${input}"`).join(', ')}`,
    expected: 'Expected video files, or folders that hold some',
    fix: 'If the files have an unusual extension, name each of them: folders are searched for the usual ones only',
  });

/** A video that can't be read completely. The other videos are built. */
export const buildVideoUnreadable = (file: string, reason: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BUILD_VIDEO',
    part,
    what: `Video "${file}" can't be used: ${reason}`,
    expected: 'Expected a complete video file that ffmpeg reads without an error',
    fix: 'It is left out; copy or encode it again, and repeat the command to add its clips',
  });

/** A video that yields no clip. `why` says what happened to its frames. */
export const buildNoScene = (file: string, length: number, why: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BUILD_SHORT',
    part,
    what: `Video "${file}" yields no clip: ${why}`,
    expected: `Expected ${length} good frames in a row, without a cut`,
    fix: 'It is left out; a smaller --length, --min-motion or --min-sharpness may find clips',
  });

/** No video yields a clip. */
export const buildNothing = (videos: number, first: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BUILD_NOTHING',
    part,
    what: `No clip could be cut from ${videos === 1 ? 'the video' : `any of the ${videos} videos`}; the first because: ${first}`,
    expected: 'Expected at least one clip',
    fix: 'Use other videos, or a smaller --length, --min-motion or --min-sharpness',
  });

/** A file in the folder for the clips can't be written. */
export const buildWriteFailed = (path: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BUILD_WRITE',
    part,
    what: `Can't write "${path}": ${reason}`,
    expected: 'No partial file has a final name; clips written earlier are intact',
    fix: 'Free disk space or correct the permissions, and run the same command again: it continues with the clips that are missing',
    cause,
  });

/** The folder for the clips holds something that this build must not be mixed with. */
export const buildOther = (out: string, why: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BUILD_OTHER',
    part,
    what: `The folder "${out}" can't be added to: ${why}`,
    expected:
      'Expected an empty or new folder, or one that was built with the same options. Nothing was changed',
    fix: 'Name another folder with --out, or repeat the options that build.json lists',
  });

/** An ffmpeg that can't write the lossless video that was asked for. */
export const buildEncoder = (encoder: string, binary: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BUILD_ENCODER',
    part,
    what: `The ffmpeg in use (${binary}) has no ${encoder}, which --format mp4 needs`,
    expected:
      'Expected an ffmpeg built with libx264, such as that of the npm package @ffmpeg-installer/ffmpeg',
    fix: 'Use --format png or webp, or install another ffmpeg',
  });

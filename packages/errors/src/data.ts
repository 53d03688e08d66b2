import {showValue} from './core.js';
import {durationText, RifeError} from './rifeError.js';

const part = 'data';
export const skipHint = 'or set data.onBadClip to "skip" to leave it out';

/** A data option of the wrong type or range. */
export const dataOption = (option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_OPTION',
    part,
    what: `data.${option} is ${showValue(got)}`,
    expected: `Expected ${expected}`,
    fix: `Change data.${option} in rife.config.ts`,
  });

/** A part of the value of an option that does not exist. */
export const dataOptionUnknown = (option: string, within: string, got: unknown, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_OPTION',
    part,
    what: `data.${option} is not an option: data.${within} is ${showValue(got)}`,
    expected: `Expected some of ${known.map(name => `data.${name}`).join(', ')}`,
    fix: `Change data.${within} in rife.config.ts`,
  });

/** Two valid sizes near the 224 of RIFE's own recipe. */
function cropExamples(multiple: number): string {
  const below = Math.max(1, Math.floor(224 / multiple));
  return `${below * multiple} or ${(below + 1) * multiple}`;
}

/**
 * A crop that the network can't process.
 * @param coarsest scale of the coarsest block, where it needs more than a multiple of 32
 */
export const cropInvalid = (
  height: unknown,
  width: unknown,
  multiple: number,
  least: number,
  coarsest?: number,
) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_CROP',
    part,
    what: `data.crop is ${showValue(height)} x ${showValue(width)} pixels`,
    expected: `Expected multiples of ${multiple}, at least ${least}${
      multiple > 32 ? `: the network's coarsest block works at scale ${coarsest}` : ''
    }`,
    fix: `Set data.crop to a multiple of ${multiple} such as ${cropExamples(multiple)}`,
  });

/** A crop larger than the frames of a clip. */
export const cropTooLarge = (clip: string, height: number, width: number, crop: readonly [number, number]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_CROP_SIZE',
    part,
    what: `Clip "${clip}" has frames of ${height} x ${width} (height x width), smaller than data.crop ${crop[0]} x ${crop[1]}`,
    expected: 'Expected frames at least as large as the crop',
    fix: `Lower data.crop, use larger frames, ${skipHint}`,
  });

/** The data folder does not exist, or is not a folder. */
export const rootMissing = (path: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_ROOT',
    part,
    what: `Data folder "${path}" does not exist or is not a folder`,
    expected:
      'Expected a folder with train/<scene>/<clip>, where a clip is a folder of images or a video file',
    fix: 'Correct the path: on the command line it is relative to the current folder, data.root in the configuration to the folder of that file',
    cause,
  });

/** The folder of the requested split does not exist. */
export const splitMissing = (root: string, split: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_SPLIT',
    part,
    what: `Data folder "${root}" has no folder "${split}"`,
    expected: `Expected ${split}/<scene>/<clip> in it`,
    fix: `Create "${split}" and put clips into it`,
  });

/** The folder does not have the layout that the configuration names. */
export const layoutMissing = (root: string, layout: string, missing: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_LAYOUT',
    part,
    what: `Data folder "${root}" does not have the layout "${layout}": ${missing} is missing`,
    expected: "Expected the folders as the data set's archive unpacks them",
    fix: 'Set data.root to the folder that holds it, or data.layout to "auto"',
  });

/** A folder without any clip. `found` lists the extensions of the files in it. */
export const noClips = (path: string, found: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_EMPTY',
    part,
    what: found.length
      ? `No clip in "${path}": only files of other types (${found.join(', ')})`
      : `No clip in "${path}": the folder is empty`,
    expected:
      'Expected folders of .png, .jpg, .jpeg or .webp frames, or .mp4, .mkv, .mov, .webm or .rifeclip files',
    fix: 'Put clips there, convert the files, or correct data.root',
  });

/** More clips are bad than may be left out. `first` is the message for the first of them. */
export const tooManyBad = (bad: number, clips: number, share: number, first: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_BAD_SHARE',
    part,
    what: `${bad} of ${clips} clips had to be left out; the first: ${first}`,
    expected: `Expected at most ${Number((100 * share).toPrecision(3))} % (data.maxBadShare)`,
    fix: 'Repair or remove the clips that the warnings name, or raise data.maxBadShare',
  });

/** A clip with fewer frames than the smallest gap needs. */
export const clipShort = (clip: string, path: string, frames: number, gap: number) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_CLIP_SHORT',
    part,
    what: `Clip "${clip}" (${path}) has ${frames} frames`,
    expected: `Expected at least ${2 * gap + 1} for the smallest gap of ${gap}`,
    fix: `${gap > 1 ? 'Lower data.gaps, give' : 'Give'} the clip more frames, ${skipHint}`,
  });

/** A gap for which no clip is long enough. */
export const gapTooLong = (gap: number, longest: number) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_GAP',
    part,
    what: `No clip is long enough for a gap of ${gap}: the longest has ${longest} frames`,
    expected: `Expected a clip of at least ${2 * gap + 1} frames`,
    fix:
      longest < 3
        ? 'Add clips of at least three frames: even a gap of 1 needs three'
        : `Lower the largest gap (data.gaps, or the plugin that sets the sampling policy) to at most ${Math.floor((longest - 1) / 2)}, or add longer clips`,
  });

/** A triplet that reaches beyond its clip. */
export const tripletOutside = (clip: string, frames: number, gt: number, gap: number) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_TRIPLET',
    part,
    what: `Clip "${clip}" has ${frames} frames; frame ${gt} with a gap of ${gap} reaches outside it`,
    expected: `Expected 0 <= ${gt} - gap and ${gt} + gap < ${frames}`,
    fix: 'Choose another frame or a smaller gap',
  });

/** Frame numbers that are not three ascending ones of the clip. */
export const tripletNumbers = (clip: string, frames: number, numbers: readonly unknown[]) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_TRIPLET',
    part,
    what: `Frames ${showValue(numbers)} of clip "${clip}" are not a triplet`,
    expected: `Expected three ascending frame numbers from 0 to ${frames - 1}: img0, gt, img1`,
    fix: 'Choose other frames',
  });

/** A sampling policy from which no batch can be drawn. */
export const policyInvalid = (index: number, policy: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_POLICY',
    part,
    what: `The sampling policy of batch ${index} is ${showValue(policy)}`,
    expected: `Expected ${expected}`,
    fix: 'Correct data.gaps, or the plugin that taps the "sampling" hook',
  });

/** A frame whose size differs from the first one's. */
export const frameSizes = (clip: string, file: string, got: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FRAME_SIZE',
    part,
    what: `Frame "${file}" of clip "${clip}" is ${got} (height x width)`,
    expected: `Expected ${expected}, the size of the clip's first frame`,
    fix: `Make all frames of a clip the same size, ${skipHint}`,
  });

/** An image that can't be decoded completely. */
export const frameUnreadable = (clip: string, file: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FRAME',
    part,
    what: `Frame "${file}" of clip "${clip}" is damaged: ${reason}`,
    expected: 'Expected a complete PNG, JPEG or WebP file',
    fix: `Extract or copy the frame again, ${skipHint}`,
    cause,
  });

/** An image whose pixels would take too much memory. */
export const frameTooLarge = (
  clip: string,
  file: string,
  {width, height}: {width: number; height: number},
  most: number,
) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FRAME',
    part,
    what: `Frame "${file}" of clip "${clip}" has ${height} x ${width} pixels (height x width), which take ${((height * width * 3) / 1e9).toFixed(1)} GB`,
    expected: `Expected at most ${most.toLocaleString('en-US')} pixels`,
    fix: `Cut or scale the frames, ${skipHint}`,
  });

/** A video that ffmpeg can't read, or that ends early. */
export const videoUnreadable = (clip: string, file: string, reason: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_VIDEO',
    part,
    what: `Video "${file}" of clip "${clip}" can't be decoded: ${reason}`,
    expected: 'Expected a complete video file that ffmpeg reads without an error',
    fix: `Encode or copy the file again, ${skipHint}`,
  });

/** A file or folder that the operating system won't let us read. */
export const fileUnreadable = (path: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FILE',
    part,
    what: `Can't read "${path}": ${reason}`,
    expected: 'Expected a file or folder that this user may read',
    fix: 'Check that it exists, its permissions, and where it links to',
    cause,
  });

/** Every clip was left out. */
export const noClipLeft = (where: string, leftOut: number, first: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_NONE_LEFT',
    part,
    what: `No usable clip is left in "${where}": all ${leftOut} were left out, the first because: ${first}`,
    expected: 'Expected at least one usable clip',
    fix: 'Repair the clips, or change data.gaps or data.crop if they are the cause',
  });

/** There are video clips, but no ffmpeg. */
export const ffmpegMissing = (reason: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_FFMPEG',
    part,
    what: `Video clips need ffmpeg: ${reason}`,
    expected: 'Expected ffmpeg on the PATH, or the npm package @ffmpeg-installer/ffmpeg',
    fix: 'Install ffmpeg, run "npm install @ffmpeg-installer/ffmpeg", or extract the videos to folders of PNG frames',
  });

/** The compiled decode worker does not exist. */
export const workerMissing = (path: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_WORKER_FILE',
    part,
    what: `The decode worker "${path}" does not exist`,
    expected: 'Expected the compiled package',
    fix: 'Run "npm run build" in the workspace, or install @rife-train/data again',
  });

/** A decode worker that died, or failed for an unknown reason. */
export const workerFailed = (reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_WORKER',
    part,
    what: `A decode worker failed: ${reason}`,
    expected: 'Expected a batch',
    fix: 'If memory ran out, lower data.workers, data.prefetch or data.batch; otherwise report a bug with this message',
    cause,
  });

/** A batch was requested from a closed source. */
export const sourceClosed = () =>
  new RifeError({
    code: 'RIFE_ERR_DATA_CLOSED',
    part,
    what: 'The batch source is closed',
    expected: 'Expected next() and seek() before close()',
    fix: 'Open another source with openBatchSource()',
  });

/** A sample that is not read in time; undefined: no thread has started a batch. */
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

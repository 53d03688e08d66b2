/** Writes clips to a temporary path; each is renamed when it is complete. */
import {readdir, rename, rm, stat, writeFile} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {dirname, join} from 'node:path';
import {ffmpegOnce, lastLine, probeVideo, startFfmpeg} from '@rife-train/data/parts';
import {buildEncoder, buildWriteFailed, isRifeError, messageOf} from '@rife-train/errors';
import {makeFolder} from '@rife-train/files';
import sharp from 'sharp';
import type {BuildFormat} from './options.js';

/** Encodes RGB losslessly, so that a clip has exactly the bytes decoded from the source. */
const ENCODER = 'libx264rgb';

/** Format and size of a clip. */
export interface ClipForm {
  format: BuildFormat;
  frames: number;
  /** Pixels. */
  width: number;
  height: number;
  /** Frames a second, of a video. */
  fps: number;
}

/** Takes the frames of one clip in order. */
interface FrameWriter {
  /** RGB bytes [H,W,3]; the writer takes ownership. */
  add(frame: Uint8Array): Promise<void>;
  /** Resolves when everything is written. */
  finish(): Promise<void>;
  /** Discards the clip. */
  abort(): void;
}

export const frameName = (index: number, format: BuildFormat) =>
  `${String(index).padStart(4, '0')}.${format}`;

// Adaptive filters make pictures a third smaller; a higher compression level would take twice the
// time for 5 %.
const encode = (frame: Uint8Array, {format, width, height}: ClipForm): Promise<Buffer> => {
  const picture = sharp(frame, {raw: {width, height, channels: 3}});
  return format === 'webp'
    ? picture.webp({lossless: true, effort: 1}).toBuffer()
    : picture.png({compressionLevel: 3, adaptiveFiltering: true}).toBuffer();
};

/** Writes images; a few are encoded at a time, to bound memory. */
function writeImages(folder: string, form: ClipForm): FrameWriter {
  const most = availableParallelism() + 1;
  const underWay = new Set<Promise<void>>();
  let [count, failure]: [number, unknown] = [0, undefined];
  const write = async (frame: Uint8Array, index: number) =>
    writeFile(join(folder, frameName(index, form.format)), await encode(frame, form));
  return {
    async add(frame) {
      const job = write(frame, count++).catch((error: unknown) => void (failure ??= error));
      underWay.add(job);
      void job.then(() => underWay.delete(job));
      if (underWay.size >= most) await Promise.race(underWay);
      if (failure) throw failure;
    },
    async finish() {
      await Promise.all(underWay);
      if (failure) throw failure;
    },
    abort() {},
  };
}

/** Encodes one lossless video. */
async function startEncoder(path: string, {width, height, fps}: ClipForm) {
  const rate = fps > 0 ? fps.toFixed(4) : '25';
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', rate, '-i', '-'];
  // Without B-frames there is no edit list, and frames come in the order of their packets.
  const output = ['-c:v', ENCODER, '-qp', '0', '-preset', 'veryfast', '-bf', '0', '-pix_fmt', 'rgb24'];
  const args = ['-v', 'error', '-xerror', '-y', ...input, ...output, '-f', 'mp4', `file:${path}`];
  return startFfmpeg(args, {readsInput: true});
}

/** One lossless video. */
async function writeLossless(path: string, form: ClipForm): Promise<FrameWriter> {
  const {stdin, stdout, end, kill} = await startEncoder(path, form);
  const input = stdin!;
  const closed = end.then(({exitCode, signal, stderr}) => {
    if (exitCode !== 0) throw new Error(signal ? `ffmpeg was ended by ${signal}` : lastLine(stderr));
  });
  closed.catch(() => {});
  stdout.resume();
  return {
    async add(frame) {
      if (input.write(frame)) return;
      const drained = new Promise(resolve => input.once('drain', resolve));
      await Promise.race([drained, closed]);
    },
    async finish() {
      input.end();
      await closed;
    },
    abort: kill,
  };
}

/**
 * Writes one clip.
 * @param aside temporary path in the same file system
 * @param path final path, a folder or file
 * @throws RIFE_ERR_DATA_BUILD_WRITE; what the frames throw
 */
export async function writeClip(
  frames: AsyncIterator<Uint8Array>,
  aside: string,
  path: string,
  form: ClipForm,
): Promise<void> {
  let writer: FrameWriter | undefined;
  try {
    await rm(aside, {recursive: true, force: true});
    makeFolder(form.format === 'mp4' ? dirname(aside) : aside);
    writer = form.format === 'mp4' ? await writeLossless(aside, form) : writeImages(aside, form);
    for (let i = 0; i < form.frames; i++) {
      const next = await frames.next();
      if (next.done) throw new RangeError(`there are ${i} of ${form.frames} frames`);
      await writer.add(next.value);
    }
    await writer.finish();
    makeFolder(dirname(path));
    // An existing clip at this path is incomplete, or it would not be written again.
    await rm(path, {recursive: true, force: true});
    await rename(aside, path);
  } catch (error) {
    writer?.abort();
    throw isRifeError(error) ? error : buildWriteFailed(path, messageOf(error), error);
  }
}

/** Does the clip exist with all its frames? */
export async function isWhole(path: string, {format, frames}: ClipForm): Promise<boolean> {
  if (format === 'mp4')
    return probeVideo({id: path, path}).then(
      found => found.frames === frames,
      () => false,
    );
  const names = await readdir(path).catch((): string[] => []);
  const wanted = Array.from({length: frames}, (_, i) => frameName(i, format));
  if (names.length !== frames || wanted.some(name => !names.includes(name))) return false;
  const sizes = await Promise.all(wanted.map(async name => (await stat(join(path, name))).size));
  return sizes.every(size => size > 0);
}

/**
 * Checks that ffmpeg can write lossless video. @throws RIFE_ERR_DATA_BUILD_ENCODER,
 * RIFE_ERR_DATA_FFMPEG
 */
export async function checkEncoder(): Promise<void> {
  const {stdout} = await startFfmpeg(['-encoders']);
  let list = '';
  for await (const chunk of stdout as AsyncIterable<Buffer>) list += chunk.toString('latin1');
  if (!new RegExp(`\\b${ENCODER}\\b`).test(list)) throw buildEncoder(ENCODER, await ffmpegOnce());
}

/** A person's video: what its packets tell, and its frames. */
import {stat} from 'node:fs/promises';
import {buildVideoUnreadable, fileUnreadable, messageOf} from '@rife-train/errors';
import {lastLine} from '../ffmpeg.js';
import {inputArgs, TO_RGB} from '../video.js';
import type {Luma} from '../doctor/luma.js';
import {lookSize, type LookSize} from './look.js';
import {startFfmpeg, streamFrames} from './stream.js';

/** What is known of a video before it is decoded. */
export interface SourceInfo {
  /** Absolute path. */
  path: string;
  /** Bytes of the file. */
  bytes: number;
  /** Pixels, as stored: marks of rotation are ignored, as everywhere in this package. */
  width: number;
  height: number;
  /** When each frame is shown, seconds, ascending. */
  times: number[];
}

const STRICT = ['-v', 'error', '-xerror'];

/** What ffmpeg prints where a packet has no time: the smallest number of 64 bits. */
const NO_TIME = -(2 ** 63);

/** Reads the lines of `-f framecrc`: header lines begin with #, others are stream, dts, pts, duration, size, checksum. */
class PacketReader {
  width = 0;
  height = 0;
  #timebase = 0;
  readonly #times: number[] = [];
  readonly #decodeTimes: number[] = [];

  line(text: string): void {
    const [, name, value] = /^#(\w+) 0: +(\S+)/.exec(text) ?? [];
    if (name === 'tb') {
      const [over, under] = value!.split('/').map(Number);
      this.#timebase = over! / under!;
    } else if (name === 'dimensions') {
      [this.width, this.height] = value!.split('x').map(Number) as [number, number];
    } else if (!text.startsWith('#')) {
      const [, decoded, shown] = text.split(',').map(Number);
      if (shown === undefined) return;
      if (shown !== NO_TIME) this.#times.push(shown);
      this.#decodeTimes.push(decoded!);
    }
  }

  /** Packets come in the order of decoding. In a file that does not tell when frames are shown (AVI, raw streams) they are taken as even. */
  times(): number[] {
    const {length} = this.#decodeTimes;
    if (this.#times.length === length)
      return this.#times.sort((a, b) => a - b).map(time => time * this.#timebase);
    const step = (this.#decodeTimes.at(-1)! - this.#decodeTimes[0]!) / Math.max(1, length - 1);
    return Array.from({length}, (_, i) => i * step * this.#timebase);
  }
}

/** ffmpeg's last words; those about a missing stream are about our arguments. */
const reasonOf = (stderr: string) =>
  stderr.includes('matches no streams') ? 'it has no pictures' : lastLine(stderr);

/**
 * Reads all packets without decoding them: size of the pictures, and the time of every frame.
 * @throws RIFE_ERR_DATA_BUILD_VIDEO, RIFE_ERR_DATA_FILE, RIFE_ERR_DATA_FFMPEG
 */
export async function openSource(path: string): Promise<SourceInfo> {
  const {size: bytes} = await stat(path).catch((error: unknown) => {
    throw fileUnreadable(path, messageOf(error), error);
  });
  const args = [...STRICT, ...inputArgs(path), '-c', 'copy', '-f', 'framecrc', '-'];
  const {output, end} = await startFfmpeg(args);
  const packets = new PacketReader();
  let rest = '';
  for await (const chunk of output) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop()!;
    for (const line of lines) packets.line(line);
  }
  const {exitCode, stderr} = await end;
  if (exitCode !== 0) throw buildVideoUnreadable(path, reasonOf(stderr));
  const times = packets.times();
  const {width, height} = packets;
  if (times.length === 0 || !width || !height) throw buildVideoUnreadable(path, 'it has no frames');
  return {path, bytes, width, height, times};
}

// Numbered anew, every frame comes exactly once whatever its time, in all versions of ffmpeg.
const NUMBERED = 'settb=1/25,setpts=N';

const decode = (path: string, filters: readonly string[], pixels: string) => [
  ...[...STRICT, '-err_detect', 'explode'],
  ...inputArgs(path),
  ...['-vf', filters.join(','), '-r', '25', '-f', 'rawvideo', '-pix_fmt', pixels, '-'],
];

/**
 * All frames as pictures of brightness, [height,width] of the {@link LookSize}.
 * @throws RIFE_ERR_DATA_BUILD_VIDEO at the damage; RIFE_ERR_DATA_FFMPEG
 */
export function lookFrames({path, width, height}: SourceInfo): {
  size: LookSize;
  pictures: AsyncGenerator<Luma>;
} {
  const size = lookSize(width, height);
  const scale = `scale=${size.width}:${size.height}:flags=area+accurate_rnd`;
  const args = decode(path, [NUMBERED, scale, 'format=gray'], 'gray');
  const fault = (reason: string) => buildVideoUnreadable(path, reason);
  return {size, pictures: streamFrames(args, size.width * size.height, fault)};
}

/** How pictures are made of the video's: scaled, so that both sides reach those wanted, and cut to these around the centre. */
export interface Fit {
  /** Pixels of a picture. */
  width: number;
  height: number;
  /** ffmpeg's filters, to RGB. */
  filters: string[];
}

/**
 * How the video's pictures come to a size, or stay as they are.
 * @param size [height, width]
 * @throws RIFE_ERR_DATA_BUILD_VIDEO where they would have to be enlarged: that would teach a blur
 */
export function fitTo({path, ...source}: SourceInfo, size: readonly [number, number] | null): Fit {
  if (!size) return {width: source.width, height: source.height, filters: [TO_RGB]};
  const [height, width] = size;
  if (source.width < width || source.height < height)
    throw buildVideoUnreadable(
      path,
      `its frames are ${source.height} x ${source.width} (height x width), smaller than the size asked for, ${height} x ${width}`,
    );
  const scale = Math.max(width / source.width, height / source.height);
  const scaled = [source.width, source.height].map(side => Math.round(side * scale)) as [number, number];
  const [x, y] = [(scaled[0] - width) >> 1, (scaled[1] - height) >> 1];
  const toRgb = `scale=${scaled[0]}:${scaled[1]}:flags=area+accurate_rnd+full_chroma_int,format=rgb24`;
  return {width, height, filters: [toRgb, `crop=${width}:${height}:${x}:${y}`]};
}

/**
 * Frames of some spans, one after another, as RGB bytes [H,W,3].
 * @param firsts numbers of first frames, ascending, at least `length` apart
 * @throws RIFE_ERR_DATA_BUILD_VIDEO at the damage; RIFE_ERR_DATA_FFMPEG
 */
export function spanFrames(
  {path}: SourceInfo,
  firsts: readonly number[],
  length: number,
  {width, height, filters}: Fit,
): AsyncGenerator<Uint8Array> {
  const wanted = firsts.map(first => `between(n,${first},${first + length - 1})`).join('+');
  const count = ['-frames:v', String(firsts.length * length)];
  const args = decode(path, [`select='${wanted}'`, NUMBERED, ...filters], 'rgb24');
  args.splice(-1, 0, ...count);
  const fault = (reason: string) => buildVideoUnreadable(path, reason);
  return streamFrames(args, width * height * 3, fault);
}

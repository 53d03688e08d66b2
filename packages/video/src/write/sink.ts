/** Frames into segments: files that stay when the process does not. */
import {createHash} from 'node:crypto';
import {mkdir, readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {interpolateResume} from '@rife-train/errors';
import {disk, replaceFile} from '@rife-train/files';
import {colourTags, fromBgr, type Colours} from '../colour.js';
import {startEncoder, type Encoder} from '../pipe/encode.js';
import {rateText, rateValue, type Rate} from '../plan/rate.js';
import {evenSides} from './evenSides.js';
import {timescale} from './mux.js';
import type {ChosenEncoder} from './presets.js';

/** A finished part of the result. */
export interface Segment {
  file: string;
  frames: number;
}

/** What the frames are, and how they are written. */
export interface SinkOptions {
  /** For segments and their list. */
  folder: string;
  /** Everything that the frames depend on: a resumed command must have the same. */
  identity: unknown;
  width: number;
  height: number;
  isDeep: boolean;
  fps: Rate;
  colours: Colours;
  /** Width to height of a pixel. */
  aspect: Rate;
  /** Undefined for images. */
  encoder: ChosenEncoder | undefined;
  /** Folder of images. */
  images?: string | undefined;
  /** Bytes of frames that wait for the encoder. */
  aheadBytes: number;
  /** Go on after the segments that are there. */
  resume: boolean;
}

/** Seconds of a segment: what a kill loses at most. */
const SEGMENT_SECONDS = 10;
/** Images and slow networks lose less with smaller ones. */
const MOST_FRAMES = 300;

interface JobFile {
  identity: string;
  segments: Segment[];
}

const JOB = 'job.json';

/** Options of ffmpeg for one segment. */
function encodeArgs(options: SinkOptions, file: string): string[] {
  const {width, height, isDeep, fps, colours, aspect, encoder} = options;
  const even = (side: number) => side + (encoder?.isEven ? side % 2 : 0);
  const pixels = encoder?.pixels ?? (isDeep ? 'rgb48be' : 'rgb24');
  const filters = [...fromBgr(pixels, colours, height), `setsar=${aspect.over}/${aspect.under}`];
  return [
    ...['-y', '-v', 'error', '-f', 'rawvideo', '-pix_fmt', isDeep ? 'bgr48le' : 'bgr24'],
    ...[
      '-s',
      `${even(width)}x${even(height)}`,
      '-r',
      rateText(fps),
      '-i',
      'pipe:0',
      '-vf',
      filters.join(','),
    ],
    ...(encoder ? [...encoder.args, '-pix_fmt', pixels, ...colourTags(colours, pixels)] : ['-f', 'image2']),
    ...(encoder?.segment === '.mov' ? ['-video_track_timescale', String(timescale(fps))] : []),
    file,
  ];
}

const hashOf = (identity: unknown) => createHash('sha256').update(JSON.stringify(identity)).digest('hex');

async function readJob(folder: string): Promise<JobFile | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, JOB), 'utf8')) as JobFile;
  } catch {
    return undefined;
  }
}

/** Writes frames. Every segment is encoded on its own, so that it does not depend on a kill. */
export class SegmentSink {
  private readonly length: number;
  private current: {encoder: Encoder; file: string; aside: string; frames: number} | undefined;
  /** Frames of ended segments, also of those whose encoder is still busy. */
  private written: number;
  /** The encoder of the segment before may still be busy. */
  private closing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: SinkOptions,
    readonly segments: Segment[],
  ) {
    this.length = SegmentSink.lengthFor(options.fps);
    this.written = this.frames;
  }

  private static readonly lengthFor = (fps: Rate) =>
    Math.max(1, Math.min(MOST_FRAMES, Math.round(rateValue(fps) * SEGMENT_SECONDS)));

  /** @throws RIFE_ERR_INTERPOLATE_RESUME */
  static async open(options: SinkOptions): Promise<SegmentSink> {
    const {folder, identity, resume, images} = options;
    const job = await readJob(folder);
    if (!resume) await rm(folder, {recursive: true, force: true});
    else if (!job) throw interpolateResume(folder, 'it holds no list of segments');
    else if (job.identity !== hashOf(identity))
      throw interpolateResume(folder, 'the command was another one');
    await mkdir(images ?? folder, {recursive: true});
    await mkdir(folder, {recursive: true});
    const length = SegmentSink.lengthFor(options.fps);
    const whole = (resume ? job!.segments : []).filter(({frames}) => frames === length);
    const sink = new SegmentSink(options, whole);
    await sink.save();
    return sink;
  }

  /** Frames that need not be made again. */
  get frames(): number {
    return this.segments.reduce((sum, segment) => sum + segment.frames, 0);
  }

  /**
   * Takes a frame; resolves when there is room for the next.
   * @throws RIFE_ERR_INTERPOLATE_ENCODER
   */
  async write(data: Uint8Array | Uint16Array): Promise<void> {
    const current = (this.current ??= await this.begin());
    const {width, height, encoder} = this.options;
    const frame = encoder?.isEven ? evenSides(data, width, height) : data;
    await current.encoder.write(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength));
    if (++current.frames === this.length) await this.end();
  }

  /** Ends the last segment. @throws RIFE_ERR_INTERPOLATE_ENCODER */
  async finish(): Promise<void> {
    await this.end();
    await this.closing;
  }

  /** Ends the encoder, and loses the segment that is not full. */
  kill(): void {
    this.current?.encoder.kill();
    this.closing.catch(() => {});
  }

  /** Removes the segments. */
  async remove(): Promise<void> {
    await rm(this.options.folder, {recursive: true, force: true});
  }

  private async begin() {
    const {images, folder, encoder, aheadBytes} = this.options;
    const number = this.written;
    const file = `${String(number).padStart(8, '0')}${encoder?.segment ?? ''}`;
    // Not the final name: an encoder outlives a kill by a moment, and ends its file as if whole.
    const aside = images ? '' : `${process.pid}-${file}`;
    const args = images
      ? encodeArgs(this.options, join(images.replaceAll('%', '%%'), '%07d.png'))
      : encodeArgs(this.options, join(folder, aside));
    if (images) args.splice(-1, 0, '-start_number', String(number));
    return {encoder: await startEncoder(args, aheadBytes), file, aside, frames: 0};
  }

  private async end(): Promise<void> {
    const ended = this.current;
    if (!ended) return;
    this.current = undefined;
    this.written += ended.frames;
    await this.closing;
    this.closing = this.close(ended.encoder, ended);
    this.closing.catch(() => {});
  }

  private async close(
    encoder: Encoder,
    {file, aside, frames}: {file: string; aside: string; frames: number},
  ) {
    await encoder.finish();
    const {folder, images} = this.options;
    if (!images) await disk.rename(join(folder, aside), join(folder, file));
    this.segments.push({file, frames});
    await this.save();
  }

  private async save(): Promise<void> {
    const job: JobFile = {identity: hashOf(this.options.identity), segments: this.segments};
    await replaceFile(join(this.options.folder, JOB), JSON.stringify(job));
  }
}

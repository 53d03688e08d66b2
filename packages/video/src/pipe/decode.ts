/** Frames of a video, decoded ahead in another thread. */
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import {dialectOnce, ffmpegOnce, onlyFile, workerFile} from '@rife-train/data/parts';
import {FLAGS, toBgr} from '../colour.js';
import {spanArgs, type SourceVideo, type Span} from '../probe/probe.js';
import type {FromPipe, PipeJob, ToPipe} from './protocol.js';

export const PIPE_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A decoded frame: BGR [H,W,3] of bytes, or of 16-bit values. */
export interface DecodedFrame {
  data: Uint8Array | Uint16Array;
  /** In units of the source's time base. */
  time: number;
}

/** How a source is decoded. */
export interface DecodeOptions extends Span {
  deinterlace?: boolean;
  /** Crop to the middle half of the width. */
  montage?: boolean;
  /** Bytes of frames that are decoded ahead. At least two frames are. */
  aheadBytes: number;
}

/** How decoding ended. */
export interface DecodeEnd {
  /** The decoder's first complaint about damage. */
  damage?: string;
}

/** Pixels of the frames that come. */
export function decodedSize({width, height}: SourceVideo, montage = false) {
  return {width: montage ? Math.floor(width / 2) : width, height};
}

/** What decoders say of damage; other remarks are no fault of the pictures. */
const DAMAGE =
  /error while decoding|partial file|invalid data|corrupt|concealing|missing picture|truncat|error splitting/i;

async function decodeArgs(source: SourceVideo, options: DecodeOptions): Promise<string[]> {
  const {path, stream, pixels, colours, height, width, isDeep} = source;
  const left = Math.floor(width / 4);
  const filters = [
    // First: a deinterlacer changes the time base, but not the number of frames.
    'showinfo',
    ...(options.deinterlace ? ['bwdif=mode=send_frame:deint=all'] : []),
    // A stream may change its size.
    `scale=${width}:${height}:flags=${FLAGS}`,
    ...toBgr(pixels, colours, height, isDeep),
    ...(options.montage ? [`crop=${Math.floor(width / 2)}:${height}:${left}:0:exact=1`] : []),
  ];
  return [
    ...['-v', 'info', '-nostats', '-err_detect', 'explode', ...spanArgs(options), ...onlyFile(path)],
    ...['-map', stream, '-vf', filters.join(','), ...(await dialectOnce()).everyFrame],
    ...['-f', 'rawvideo', '-'],
  ];
}

/**
 * All frames in order of time. Damaged ones are left out, those after them come.
 * @param onEnd what the decoder said at the end
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function* decodeFrames(
  source: SourceVideo,
  options: DecodeOptions,
  onEnd: (end: DecodeEnd) => void = () => {},
): AsyncGenerator<DecodedFrame> {
  const {width, height} = decodedSize(source, options.montage);
  const frameBytes = width * height * 3 * (source.isDeep ? 2 : 1);
  const job: PipeJob = {
    kind: 'decode',
    binary: await ffmpegOnce(),
    args: await decodeArgs(source, options),
    frameBytes,
    ahead: Math.max(2, Math.floor(options.aheadBytes / frameBytes)),
  };
  const messages = receive(job);
  try {
    for await (const message of messages.all) {
      if (message.kind === 'end') {
        const damage = message.log.split('\n').find(line => DAMAGE.test(line));
        onEnd(damage === undefined ? {} : {damage: damage.replace(/^\[[^\]]*\] */, '').trim()});
        return;
      }
      if (message.kind !== 'frame') continue;
      messages.send({kind: 'taken'});
      const data = source.isDeep ? new Uint16Array(message.data) : new Uint8Array(message.data);
      yield {data, time: message.time};
    }
  } finally {
    messages.send({kind: 'stop'});
  }
}

/** Starts a pipe's thread, and its messages in order. */
export function receive(job: PipeJob) {
  const worker = new Worker(workerFile('pipe/worker.js', PIPE_ROOT), {workerData: job});
  const queue: FromPipe[] = [];
  let wake: (() => void) | undefined;
  const push = (message: FromPipe) => {
    queue.push(message);
    wake?.();
  };
  worker.on('message', push);
  worker.on('error', error => push({kind: 'end', exitCode: null, log: error.message}));
  async function* all() {
    for (;;) {
      while (queue.length === 0) await new Promise<void>(resolve => (wake = resolve));
      yield queue.shift()!;
    }
  }
  return {all: all(), send: (message: ToPipe) => worker.postMessage(message)};
}

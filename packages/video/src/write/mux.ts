/** The result: segments in a row, with sound, text, chapters and metadata of the source. */
import {writeFile} from 'node:fs/promises';
import {extname, join} from 'node:path';
import {lastLine, onlyFile} from '@rife-train/data/parts';
import {interpolateEncoder} from '@rife-train/errors';
import {disk} from '@rife-train/files';
import {runTool} from '../ffmpeg.js';
import {rateValue, type Rate} from '../plan/rate.js';
import {spanArgs, type SourceVideo, type Span} from '../probe/probe.js';
import {containerOf} from './presets.js';

/** What is put together. */
export interface MuxJob {
  out: string;
  folder: string;
  segments: readonly {file: string; frames: number}[];
  fps: Rate;
  /** Undefined for a folder of images: then there is nothing to copy. */
  source: SourceVideo | undefined;
  span: Span;
  /** Seconds from the start of the source, or of the part, to its first frame. */
  offset: number;
}

/** Text that is pictures: it can't become text. */
const BITMAPS = /^(hdmv_pgs_subtitle|dvd_subtitle|dvb_subtitle|xsub|dvb_teletext)$/;

/** Options for what goes along with the video, and a line for all that does not go as it was. */
function besides({streams}: SourceVideo, out: string): {args: string[]; notes: string[]} {
  const container = containerOf(out);
  const name = extname(out).toLowerCase();
  const [args, notes]: [string[], string[]] = [[], []];
  const of = (kind: string) => streams.filter(stream => stream.kind === kind);
  for (const [index, {codec}] of of('audio').entries()) {
    const isCopied = container.audio?.test(codec) ?? true;
    args.push('-map', `1:a:${index}`, `-c:a:${index}`, isCopied ? 'copy' : container.audioEncoder);
    if (!isCopied)
      notes.push(`audio: ${codec} does not fit ${name}, encoded again as ${container.audioEncoder}`);
  }
  let texts = 0;
  for (const [index, {codec}] of of('subtitle').entries()) {
    const isCopied = container.copiedText?.test(codec) ?? true;
    if (!isCopied && BITMAPS.test(codec)) notes.push(`subtitles: ${codec} does not fit ${name}, left out`);
    else {
      args.push('-map', `1:s:${index}`, `-c:s:${texts++}`, isCopied ? 'copy' : container.textEncoder);
      if (!isCopied) notes.push(`subtitles: ${codec} became ${container.textEncoder}`);
    }
  }
  const attached = of('attachment').length;
  if (attached > 0 && container.attachments) args.push('-map', '1:t', '-c:t', 'copy');
  else if (attached > 0) notes.push(`${attached} attachments do not fit ${name}, left out`);
  return {args, notes};
}

const quoted = (path: string) => `file '${path.replaceAll("'", "'\\''")}'`;

/** The list for ffmpeg; each segment has the exact length, which files round. */
async function writeList({folder, segments, fps}: MuxJob): Promise<string> {
  const path = join(folder, 'segments.txt');
  const lines = segments.flatMap(({file, frames}) => [
    quoted(join(folder, file)),
    `duration ${(frames / rateValue(fps)).toFixed(9)}`,
  ]);
  await writeFile(path, `ffconcat version 1.0\n${lines.join('\n')}\n`);
  return path;
}

/**
 * Writes the result beside its place, and moves it there when it is whole. Sound and text are
 * copied where the container takes them. What can't be written at all is left out, with a line.
 * @returns those lines
 * @throws RIFE_ERR_INTERPOLATE_ENCODER
 */
export async function muxResult(job: MuxJob): Promise<string[]> {
  const {out, segments, fps, source, span, offset} = job;
  const list = await writeList(job);
  const partial = join(job.folder, `result${extname(out)}`);
  const frames = segments.reduce((sum, segment) => sum + segment.frames, 0);
  const seconds = frames / rateValue(fps) + Math.max(0, offset);
  const video = ['-itsoffset', offset.toFixed(6), '-f', 'concat', '-safe', '0', '-i', list];
  const end = [
    ...(/^\.(mp4|m4v|mov)$/.test(extname(out).toLowerCase())
      ? ['-movflags', '+faststart', '-video_track_timescale', String(timescale(fps))]
      : []),
    partial,
  ];
  const input = source ? [...spanArgs(span), ...onlyFile(source.path)] : [];
  const write = (more: readonly string[]) =>
    runTool(['-y', '-v', 'error', ...video, ...input, '-map', '0:v', '-c:v', 'copy', ...more, ...end]);
  const {args, notes} = source ? besides(source, out) : {args: [], notes: []};
  const copied = ['-map_metadata', '1', '-map_chapters', '1', '-t', seconds.toFixed(6)];
  let result = await write(
    source ? [...args, ...copied, '-strict', '-2', '-max_muxing_queue_size', '4096'] : [],
  );
  if (result.exitCode !== 0 && args.length > 0) {
    notes.push(`audio and subtitles could not be written, left out: ${lastLine(result.stderr)}`);
    result = await write(copied);
  }
  if (result.exitCode !== 0) throw interpolateEncoder(lastLine(result.stderr));
  await disk.rename(partial, out);
  return notes;
}

/** Ticks per second in which every frame of a rate is whole, and not too few for sound. */
export function timescale({over}: Rate): number {
  let scale = over;
  while (scale < 10_000) scale *= 10;
  return scale;
}

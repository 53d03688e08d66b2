/** Writes all clips of videos; a video is decoded once for many clips. */
import {basename, join} from 'node:path';
import type {BuildOptions} from './options.js';
import {pathOf, type BuildReport, type BuiltClip} from './report.js';
import {fitTo, openSource, spanFrames} from './source.js';
import {isWhole, writeClip, type ClipForm} from './writeClip.js';

/** Clips per run of ffmpeg, to limit the length of its command line. */
const AT_ONCE = 100;

/** Clips of one video that are missing or incomplete. */
async function missing(clips: readonly BuiltClip[], out: string, form: ClipForm): Promise<BuiltClip[]> {
  const found: BuiltClip[] = [];
  for (const clip of clips) if (!(await isWhole(join(out, clip.path), form))) found.push(clip);
  return found.sort((a, b) => a.first - b.first);
}

/**
 * Writes the missing clips of a report.
 * @param sources videos whose clips are written
 * @param aside folder for unfinished clips
 * @throws RIFE_ERR_DATA_BUILD_WRITE, RIFE_ERR_DATA_BUILD_VIDEO, RIFE_ERR_DATA_FFMPEG
 */
export async function writeVideoClips(
  {clips, videos, settings}: BuildReport,
  sources: readonly string[],
  out: string,
  aside: string,
  onProgress: BuildOptions['onProgress'],
): Promise<{written: number; kept: number}> {
  let [written, kept] = [0, 0];
  for (const [i, source] of sources.entries()) {
    const own = clips.filter(clip => clip.source === source);
    if (own.length === 0) continue;
    const path = pathOf(out, source);
    const info = await openSource(path);
    const fit = fitTo(info, settings.size);
    const {fps} = videos.find(video => video.source === source)!;
    const {length, format} = settings;
    const form: ClipForm = {format, frames: length, width: fit.width, height: fit.height, fps};
    const wanted = await missing(own, out, form);
    kept += own.length - wanted.length;
    const progress = {stage: 'write', video: path, index: i + 1, videos: sources.length} as const;
    for (let from = 0; from < wanted.length; from += AT_ONCE) {
      const part = wanted.slice(from, from + AT_ONCE);
      const firsts = part.map(({first}) => first);
      const frames = spanFrames(info, firsts, length, fit);
      try {
        for (const [j, clip] of part.entries()) {
          const done = (from + j) * length;
          onProgress?.({...progress, done, frames: wanted.length * length});
          await writeClip(frames, join(aside, basename(clip.path)), join(out, clip.path), form);
          written++;
        }
      } finally {
        await frames.return(undefined);
      }
    }
  }
  return {written, kept};
}

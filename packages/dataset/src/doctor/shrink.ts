/** Decodes every frame of a clip once, and keeps small pictures. */
import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {readPicture} from '@rife-train/data';
import {decodeSmall, PackFile, probeVideo, type FoundClip, type Remark} from '@rife-train/data/parts';
import {fileUnreadable, isRifeError, messageOf} from '@rife-train/errors';
import sharp from 'sharp';
import {finding, type ClipFinding} from './findings.js';
import {lumaOf, lumaSize, type Luma, type LumaSize} from '../detect/luma.js';

/** Maximum number of examined frames of a clip: 38 MB of small pictures. */
export const MOST_FRAMES = 4096;

/** A clip as small pictures. */
export interface SmallClip {
  /** Number of frames, from file names or the video's packets. */
  frames: number;
  /** Size of most frames, pixels; 0 when none could be read. */
  width: number;
  height: number;
  /** Bytes of its files. */
  bytes: number;
  size: LumaSize;
  /** Frames of that size that could be read, in order. */
  pictures: Luma[];
  /** Position in the clip of each of these pictures. */
  positions: number[];
  /** Frames that can't be read, or have another size. */
  findings: ClipFinding[];
}

/** The first part of an error's message: what is wrong, without what was expected. */
export const whatOf = (error: unknown) =>
  `${messageOf(error)
    .replace(/^\[rife:\w+\] /, '')
    .split('. Expected ')[0]!
    .replace(/\.$/, '')}.`;

interface SmallFrame {
  width: number;
  height: number;
  luma: Luma;
}

async function smallLuma(image: sharp.Sharp, {width, height}: LumaSize): Promise<Luma> {
  const small = image
    .toColourspace('srgb')
    .removeAlpha()
    .resize(width, height, {fit: 'fill', kernel: 'linear'});
  return lumaOf(await small.raw().toBuffer());
}

/**
 * Decodes as training does, to find the same faults. @throws RIFE_ERR_DATA_FRAME,
 * RIFE_ERR_DATA_FILE
 */
async function shrinkImage(clip: string, path: string): Promise<SmallFrame> {
  const {width, height, rgb} = await readPicture(clip, path);
  const image = sharp(rgb, {raw: {width, height, channels: 3}});
  return {width, height, luma: await smallLuma(image, lumaSize(width, height))};
}

const nameOf = ({width, height}: {width: number; height: number}) => `${height} x ${width}`;

/** The size that most frames have; of equally many, the first. */
function usualSize(frames: readonly (SmallFrame | undefined)[]): {width: number; height: number} {
  const counts = new Map<string, {width: number; height: number; count: number}>();
  for (const frame of frames) {
    if (!frame) continue;
    const known = counts.get(nameOf(frame)) ?? {width: frame.width, height: frame.height, count: 0};
    known.count++;
    counts.set(nameOf(frame), known);
  }
  const sizes = [...counts.values()].sort((a, b) => b.count - a.count);
  return sizes[0] ?? {width: 0, height: 0};
}

const bytesOf = (path: string) =>
  stat(path).then(
    ({size}) => size,
    () => 0,
  );

async function shrinkFolder(clip: FoundClip): Promise<SmallClip> {
  const findings: ClipFinding[] = [];
  const frames: (SmallFrame | undefined)[] = [];
  let bytes = 0;
  for (const [frame, file] of clip.files.slice(0, MOST_FRAMES).entries()) {
    const path = join(clip.path, file);
    bytes += await bytesOf(path);
    const small = await shrinkImage(clip.id, path).catch((error: unknown) => {
      findings.push(finding('unreadable', whatOf(error), {frame, file}));
      return undefined;
    });
    frames.push(small);
  }
  const usual = usualSize(frames);
  const [pictures, positions]: [Luma[], number[]] = [[], []];
  for (const [frame, small] of frames.entries()) {
    if (!small) continue;
    if (nameOf(small) === nameOf(usual)) {
      pictures.push(small.luma);
      positions.push(frame);
      continue;
    }
    const text = `Frame "${clip.files[frame]}" is ${nameOf(small)} (height x width), the others are ${nameOf(usual)}.`;
    findings.push(finding('frame-size', text, {frame, file: clip.files[frame]!}));
  }
  const size = lumaSize(usual.width, usual.height);
  const {width, height} = usual;
  return {frames: clip.files.length, width, height, bytes, size, pictures, positions, findings};
}

const nothing = (found: ClipFinding, bytes: number): SmallClip => ({
  ...{frames: 0, width: 0, height: 0, bytes, size: lumaSize(0, 0)},
  ...{pictures: [], positions: [], findings: [found]},
});

const REMARKS: Record<Remark, string> = {
  'variable-rate': 'Its frame rate is variable: frames are used in order, whatever their times.',
  linked: 'A link leads out of the folder of the clips: what is there is used.',
  rotated: 'It has a rotation mark, which players apply: frames are used as they are stored.',
};

async function shrinkVideo(clip: FoundClip): Promise<SmallClip> {
  const bytes = await bytesOf(clip.path);
  const info = await probeVideo(clip).catch((error: unknown) => {
    if (isRifeError(error) && error.code !== 'RIFE_ERR_DATA_FFMPEG') return error;
    throw error;
  });
  if (info instanceof Error) return nothing(finding('unreadable', whatOf(info)), bytes);
  const size = lumaSize(info.width, info.height);
  const {rgb, frames, error} = await decodeSmall(
    {...clip, ...info},
    size,
    Math.min(info.frames, MOST_FRAMES),
  );
  const frameBytes = size.height * size.width * 3;
  const positions = Array.from({length: frames}, (_, i) => i);
  const pictures = positions.map(i => lumaOf(rgb.subarray(i * frameBytes, (i + 1) * frameBytes)));
  const findings = [
    ...remarksOf(info),
    ...(error ? [finding('unreadable', whatOf(error), {frame: frames})] : []),
  ];
  const {width, height} = info;
  return {...{frames: info.frames, width, height}, bytes, size, pictures, positions, findings};
}

/**
 * Small pictures of a packed clip, with verified checksums. A damaged frame is a finding; the
 * others are still examined.
 */
async function shrinkPack(clip: FoundClip): Promise<SmallClip> {
  const bytes = await bytesOf(clip.path);
  const file = PackFile.open(clip);
  try {
    const {frames, width, height} = file.header;
    const size = lumaSize(width, height);
    const [pictures, positions, findings]: [Luma[], number[], ClipFinding[]] = [[], [], []];
    for (let frame = 0; frame < Math.min(frames, MOST_FRAMES); frame++) {
      try {
        const raw = {raw: {width, height, channels: 3}} as const;
        pictures.push(await smallLuma(sharp(file.frame(frame), raw), size));
        positions.push(frame);
      } catch (error) {
        findings.push(finding('unreadable', whatOf(error), {frame}));
      }
    }
    return {frames, width, height, bytes, size, pictures, positions, findings};
  } finally {
    file.close();
  }
}

/**
 * Small pictures of a clip's first 4,096 frames. What can't be read becomes a finding.
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function shrinkClip(clip: FoundClip): Promise<SmallClip> {
  const small = await shrunkClip(clip);
  return {...small, findings: [...remarksOf(clip), ...small.findings]};
}

const remarksOf = ({remarks = []}: {remarks?: readonly Remark[]}) =>
  remarks.map(remark => finding(remark, REMARKS[remark]));

async function shrunkClip(clip: FoundClip): Promise<SmallClip> {
  if (clip.kind === 'video') return shrinkVideo(clip);
  const shrunk = clip.kind === 'pack' ? shrinkPack(clip) : shrinkFolder(clip);
  return shrunk.catch((error: unknown) => {
    const fault = isRifeError(error) ? error : fileUnreadable(clip.path, messageOf(error), error);
    return nothing(finding('unreadable', whatOf(fault)), 0);
  });
}

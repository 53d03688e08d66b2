/** Examination of a single clip. */
import {quantile, type FoundClip} from '@rife-train/data/parts';
import {findBreaks, type Breaks} from '../detect/cuts.js';
import {signatureOf, type Signature} from './duplicates.js';
import {finding, type ClipFinding} from './findings.js';
import {count, emptyHistogram, quantileOf, type Histogram} from './histogram.js';
import {lengthsOf, matchBlocks} from '../detect/motion.js';
import {missingNumbers} from './numbering.js';
import {MOST_FRAMES, shrinkClip, type SmallClip} from './shrink.js';
import {findRepeated, isStatic} from '../detect/static.js';

/** Gaps, in frames, for which motion is measured. */
export const MOTION_GAPS = [1, 2, 4, 8, 16, 32] as const;
/** Pairs of frames of each gap, spread over the clip. */
const PLACES = 5;

/** Result of examining a clip: plain data. */
export interface ClipExam {
  /** Number of frames; 0 if it can't be opened. */
  frames: number;
  /** Frames that could be decoded and have the clip's size, of the first 4,096. */
  examined: number;
  /** Pixels; 0 when no frame could be read. */
  width: number;
  height: number;
  bytes: number;
  findings: ClipFinding[];
  /**
   * |motion| in pixels of the frames, for each of `MOTION_GAPS`; all 0 for gaps that the clip is
   * too short for.
   */
  motion: Histogram[];
  /**
   * Pair of neighbouring frames with the most motion: its first frame, and the 95th percentile of
   * its |motion|, pixels.
   */
  fastest?: {frame: number; pixels: number};
  signature: Signature;
}

/** Findings at one frame each. `at` are positions in the list of pictures. */
function atFrames(
  clip: FoundClip,
  {positions}: SmallClip,
  at: readonly number[],
  make: (file: string) => ClipFinding,
) {
  return at.map((position): ClipFinding => {
    const frame = positions[position]!;
    const file = clip.files[frame];
    return {
      ...make(file === undefined ? `Frame ${frame}` : `Frame "${file}" (${frame})`),
      frame,
      ...(file && {file}),
    };
  });
}

function pictureFindings(clip: FoundClip, small: SmallClip, {cuts, odd, flashes, black}: Breaks) {
  const {pictures, size} = small;
  if (isStatic(pictures, size))
    return [finding('static', `Nothing moves in the ${pictures.length} frames.`, {frame: 0})];
  const here = (at: readonly number[], make: (file: string) => ClipFinding) =>
    atFrames(clip, small, at, make);
  return [
    ...here(cuts, file => finding('cut', `${file} is the first of another shot.`)),
    ...here(odd, file => finding('odd-frame', `${file} fits neither neighbour, while these fit each other.`)),
    ...here(flashes, file => finding('flash', `${file} is much brighter or darker than both neighbours.`)),
    ...here(black, file => finding('black-frame', `${file} is black.`)),
    ...here(findRepeated(pictures, size, {cuts, odd: [...odd, ...flashes, ...black]}), file =>
      finding('repeated-frame', `${file} shows the frame before it once more.`),
    ),
  ];
}

const numberText = (number: number, missing: number) =>
  missing === 1 ? `number ${number} is` : `numbers ${number} and ${missing - 1} more are`;

const numberingFindings = ({files}: FoundClip) =>
  missingNumbers(files).map(({after, number, count: missing}) =>
    finding('missing-frame', `After "${files[after]}", ${numberText(number, missing)} missing.`, {
      frame: after + 1,
      file: files[after + 1]!,
    }),
  );

/** Motion of some pairs of each gap, not across a cut, nor across frames that can't be read. */
function measureMotion({pictures, positions, size, width}: SmallClip, cuts: readonly number[]) {
  const scale = width / size.width;
  let fastest: {frame: number; pixels: number} | undefined;
  const motion = MOTION_GAPS.map(gap => {
    const histogram = emptyHistogram();
    const last = pictures.length - 1 - gap;
    const places = Array.from({length: PLACES}, (_, i) => Math.round((last * i) / (PLACES - 1)));
    for (const place of new Set(last < 0 ? [] : places)) {
      const isWhole = positions[place + gap]! - positions[place]! === gap;
      if (!isWhole || cuts.some(cut => cut > place && cut <= place + gap)) continue;
      const lengths = lengthsOf(matchBlocks(pictures[place]!, pictures[place + gap]!, size)).map(
        l => l * scale,
      );
      count(histogram, lengths);
      const pixels = quantile(lengths, 0.95);
      if (gap === 1 && pixels > (fastest?.pixels ?? 0)) fastest = {frame: place, pixels};
    }
    return histogram;
  });
  return {motion, fastest};
}

/**
 * Decodes a clip once and examines it. A clip that can't be read gives a finding, not an error.
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function examineClip(clip: FoundClip): Promise<ClipExam> {
  const small = await shrinkClip(clip);
  const {pictures, positions, size, frames, width, height, bytes} = small;
  const breaks = findBreaks(pictures, size);
  const {motion, fastest} = measureMotion(small, breaks.cuts);
  return {
    ...{frames, width, height, bytes, examined: pictures.length, motion},
    ...(fastest && {fastest: {...fastest, frame: positions[fastest.frame]!}}),
    findings: [...small.findings, ...numberingFindings(clip), ...pictureFindings(clip, small, breaks)],
    signature: signatureOf(pictures, size),
  };
}

/** True if only the first part of a clip was examined. */
export const isCutOff = ({frames}: ClipExam) => frames > MOST_FRAMES;

/** Median and 95th percentile of a histogram, pixels. */
export const summaryOf = (histogram: Histogram) => ({
  median: quantileOf(histogram, 0.5),
  p95: quantileOf(histogram, 0.95),
});

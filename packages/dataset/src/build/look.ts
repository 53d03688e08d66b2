/** Measures the frames of a video one after another; pictures are not kept. */
import {meanOf, quantile} from '@rife-train/data/parts';
import {findBlack, findFlashes} from '../detect/cuts.js';
import {lumaSize, type Luma, type LumaSize} from '../detect/luma.js';
import {lengthsOf, matchBlocks} from '../detect/motion.js';
import {findRepeated} from '../detect/static.js';
import {findBreaksQuickly} from '../detect/cutsAround.js';
import {findFades} from '../detect/fades.js';
import {contrastOf, sharpnessOf, shrink} from '../detect/sharpness.js';

/** Frames of a block; motion is measured from its first frame to the first of the next block. */
export const BLOCK = 4;
/**
 * Largest factor between the pictures for sharpness and the small ones, in which blur is not
 * visible.
 */
const MOST_FACTOR = 4;
/** Contrast below which a picture is flat, levels. */
const FLAT = 3;
/** Mean brightness from which a picture can't be black, levels. */
const DARK = 32;
/**
 * Quantile of window motion that counts as the block's motion: a small object may move before a
 * static background.
 */
const FAST_SHARE = 0.95;
/**
 * Extra pictures on either side of a chunk, for context; at least the reach of the fade detector,
 * the longest.
 */
const MARGIN = 32;

/** What the frames of a video show. Numbers of frames count from 0 and are ascending. */
export interface Looked {
  frames: number;
  /** First frame of each shot but the first. */
  cuts: number[];
  /** Frames that belong to a fade or dissolve. */
  fades: number[];
  black: number[];
  /** Frames with nearly no contrast. */
  flat: number[];
  /** Flashes, and frames that fit neither neighbour. */
  flashes: number[];
  /** Frames that repeat the one before. */
  repeated: number[];
  /** Variance of the Laplacian of each frame. */
  sharpness: number[];
  /** Motion from frame to frame of each block of 4 frames, in thousandths of the longer side. */
  motion: number[];
}

/** Sizes of pictures: the small ones, and those for sharpness, `factor` times as large. */
export interface LookSize {
  small: LumaSize;
  factor: number;
  width: number;
  height: number;
}

/** The sides for a video of this size in pixels. */
export function lookSize(width: number, height: number): LookSize {
  const small = lumaSize(width, height);
  const fits = Math.floor(Math.max(width, height) / Math.max(small.width, small.height));
  const factor = Math.max(1, Math.min(MOST_FACTOR, fits));
  return {small, factor, width: small.width * factor, height: small.height * factor};
}

/** Motion from frame to frame over a block, in thousandths of the longer side. */
function motionOver(a: Luma, b: Luma, frames: number, size: LumaSize): number {
  const length = quantile(lengthsOf(matchBlocks(a, b, size)), FAST_SHARE);
  return (1000 * length) / (frames * Math.max(size.width, size.height));
}

/**
 * Measures the frames of a video one after another. Memory grows only by a few numbers per frame.
 */
export class VideoLook {
  private readonly size: LookSize;
  private readonly chunk: number;
  private readonly result: Looked = {
    ...{frames: 0, cuts: [], fades: [], black: [], flat: [], flashes: [], repeated: []},
    ...{sharpness: [], motion: []},
  };
  /** The latest small pictures; the first is frame `#first`. */
  private pictures: Luma[] = [];
  private first = 0;
  /** Frames before this one are finished. */
  private done = 0;

  /** @param chunk small pictures processed together, a multiple of 4: more memory for less work */
  constructor(size: LookSize, chunk = 256) {
    this.size = size;
    this.chunk = chunk;
  }

  /** Takes the next frame: brightness 0..255, [height,width] of the {@link LookSize}. */
  push(picture: Luma): void {
    const {small, factor} = this.size;
    this.result.frames++;
    this.result.sharpness.push(sharpnessOf(picture, this.size));
    this.pictures.push(shrink(picture, small, factor));
    const end = this.done + this.chunk;
    if (this.result.frames >= end + MARGIN) this.look(end);
  }

  /** The results, after the last frame. */
  finish(): Looked {
    if (this.done < this.result.frames) this.look(this.result.frames);
    return this.result;
  }

  /** Processes the frames up to `end`, with those around them as context. */
  private look(end: number): void {
    const pictures = this.pictures;
    const {small} = this.size;
    const result = this.result;
    const add = (to: number[], positions: Iterable<number>) => {
      for (const position of positions) {
        const frame = this.first + position;
        if (frame >= this.done && frame < end) to.push(frame);
      }
    };
    const {cuts, odd} = findBreaksQuickly(pictures, small);
    const flashes = new Set([...odd, ...findFlashes(pictures)]);
    const all = [...pictures.keys()];
    add(result.cuts, cuts);
    add(result.fades, findFades(pictures, small));
    // A quick test first: bright frames can't be black.
    const dark = all.filter(i => meanOf(pictures[i]!) < DARK);
    const blackOnes = findBlack(dark.map(i => pictures[i]!)).map(i => dark[i]!);
    add(result.black, blackOnes);
    const flat = all.filter(i => contrastOf(pictures[i]!) < FLAT);
    add(result.flat, flat);
    const sorted = [...flashes].sort((a, b) => a - b);
    add(result.flashes, sorted);
    add(result.repeated, findRepeated(pictures, small, {odd: sorted, cuts}));
    for (let frame = this.done; frame < end; frame += BLOCK) this.motionFrom(frame);
    this.done = end;
    const keep = Math.max(this.first, end - MARGIN);
    this.pictures = pictures.slice(keep - this.first);
    this.first = keep;
  }

  private motionFrom(frame: number): void {
    const at = frame - this.first;
    const last = Math.min(at + BLOCK, this.pictures.length - 1);
    // If the last block has a single frame, it gets the motion of the block before.
    const motion =
      last > at
        ? motionOver(this.pictures[at]!, this.pictures[last]!, last - at, this.size.small)
        : (this.result.motion.at(-1) ?? 0);
    this.result.motion.push(motion);
  }
}

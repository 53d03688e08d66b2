/** Looks at the frames of a video as they come: what is measured is kept, the pictures are not. */
import {meanOf, quantile} from '@rife-train/data/parts';
import {findBlack, findFlashes} from '../detect/cuts.js';
import {lumaSize, type Luma, type LumaSize} from '../detect/luma.js';
import {lengthsOf, matchBlocks} from '../detect/motion.js';
import {findRepeated} from '../detect/static.js';
import {findBreaksQuickly} from '../detect/cutsAround.js';
import {findFades} from '../detect/fades.js';
import {contrastOf, sharpnessOf, shrink} from '../detect/sharpness.js';

/** Frames of a block whose motion is measured, from its first to the first of the next one. */
export const BLOCK = 4;
/** Times the small pictures' sides, at most, in which sharpness is measured: blur does not show in the small ones. */
const MOST_FACTOR = 4;
/** Contrast below which a picture is flat, levels. */
const FLAT = 3;
/** Mean brightness above which a picture is not black, levels. */
const DARK = 32;
/** The block's motion: that of its faster windows, since a small thing may move before a wall. */
const FAST_SHARE = 0.95;
/** Pictures on either side of those that are looked at together, that only serve the ones between; at least the reach of the fades, the farthest look. */
const MARGIN = 32;

/** What the frames of a video show. Numbers of frames count from 0 and are ascending. */
export interface Looked {
  frames: number;
  /** First frame of each further shot. */
  cuts: number[];
  /** Frames that belong to a fade or dissolve. */
  fades: number[];
  black: number[];
  /** Frames with nearly no contrast. */
  flat: number[];
  /** Flashes, and frames that fit neither neighbour. */
  flashes: number[];
  /** Frames that show the one before them once more. */
  repeated: number[];
  /** Variance of the Laplacian of each frame. */
  sharpness: number[];
  /** Motion from frame to frame of each block of 4 frames, in thousandths of the longer side. */
  motion: number[];
}

/** Sides in which frames are looked at: those of the small pictures, and `factor` times these for the sharpness. */
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

/** Takes the frames of a video one after another. Memory does not grow with the length, but for a few numbers a frame. */
export class VideoLook {
  readonly #size: LookSize;
  readonly #chunk: number;
  readonly #result: Looked = {
    ...{frames: 0, cuts: [], fades: [], black: [], flat: [], flashes: [], repeated: []},
    ...{sharpness: [], motion: []},
  };
  /** The latest small pictures; the first is frame `#first`. */
  #pictures: Luma[] = [];
  #first = 0;
  /** Frames before this one have been looked at. */
  #done = 0;

  /** @param chunk small pictures that are looked at together, a multiple of 4; costs memory, and saves some work */
  constructor(size: LookSize, chunk = 256) {
    this.#size = size;
    this.#chunk = chunk;
  }

  /** Takes the next frame: brightness 0..255, [height,width] of the {@link LookSize}. */
  push(picture: Luma): void {
    const {small, factor} = this.#size;
    this.#result.frames++;
    this.#result.sharpness.push(sharpnessOf(picture, this.#size));
    this.#pictures.push(shrink(picture, small, factor));
    const end = this.#done + this.#chunk;
    if (this.#result.frames >= end + MARGIN) this.#look(end);
  }

  /** What was found, once the last frame has come. */
  finish(): Looked {
    if (this.#done < this.#result.frames) this.#look(this.#result.frames);
    return this.#result;
  }

  /** Looks at the frames up to `end`. Those around them are looked at as well, and do not count. */
  #look(end: number): void {
    const pictures = this.#pictures;
    const {small} = this.#size;
    const result = this.#result;
    const add = (to: number[], positions: Iterable<number>) => {
      for (const position of positions) {
        const frame = this.#first + position;
        if (frame >= this.#done && frame < end) to.push(frame);
      }
    };
    const {cuts, odd} = findBreaksQuickly(pictures, small);
    const flashes = new Set([...odd, ...findFlashes(pictures)]);
    const all = [...pictures.keys()];
    add(result.cuts, cuts);
    add(result.fades, findFades(pictures, small));
    // The mean is quick, and bright frames are no black ones.
    const dark = all.filter(i => meanOf(pictures[i]!) < DARK);
    const blackOnes = findBlack(dark.map(i => pictures[i]!)).map(i => dark[i]!);
    add(result.black, blackOnes);
    const flat = all.filter(i => contrastOf(pictures[i]!) < FLAT);
    add(result.flat, flat);
    const sorted = [...flashes].sort((a, b) => a - b);
    add(result.flashes, sorted);
    add(result.repeated, findRepeated(pictures, small, {odd: sorted, cuts}));
    for (let frame = this.#done; frame < end; frame += BLOCK) this.#motionFrom(frame);
    this.#done = end;
    const keep = Math.max(this.#first, end - MARGIN);
    this.#pictures = pictures.slice(keep - this.#first);
    this.#first = keep;
  }

  #motionFrom(frame: number): void {
    const at = frame - this.#first;
    const last = Math.min(at + BLOCK, this.#pictures.length - 1);
    // The last block may have a single frame: then it moves as the one before.
    const motion =
      last > at
        ? motionOver(this.#pictures[at]!, this.#pictures[last]!, last - at, this.#size.small)
        : (this.#result.motion.at(-1) ?? 0);
    this.#result.motion.push(motion);
  }
}

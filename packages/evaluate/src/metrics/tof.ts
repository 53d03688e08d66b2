/**
 * tOF: how far the motion of a prediction is from that of the target, over time
 * (JihyongOh/XVFI:utils.py); and how much moves between two frames.
 */
import type {Picture} from '../picture/picture.js';
import {flowBetween, meanLength, type Flow} from './farneback/flow.js';
import {factorFor, greyOf, shrunk, type GreyPicture} from './farneback/grey.js';

export {greyOf, type GreyPicture} from './farneback/grey.js';

/** A frame, and the one before it in the clip. Before the first prediction this is img0. */
export interface GreyStep {
  previous: GreyPicture;
  current: GreyPicture;
}

/** The flow of the target, computed once for any number of predictions. */
export class TargetFlow {
  private flow: Promise<Flow> | undefined;

  constructor(private readonly gt: GreyStep) {}

  /** tOF in pixels: mean length of the difference between the flow of the target and this one. */
  async distance({previous, current}: GreyStep): Promise<number> {
    this.flow ??= flowBetween(this.gt.previous, this.gt.current);
    return meanLength(await this.flow, await flowBetween(previous, current));
  }
}

/** Longer side of the pictures of which `meanMotion` takes the flow. */
const MOTION_SIDE = 480;

/**
 * How much moves between two frames: mean length of their flow, in pixels of the full size. The
 * flow is that of smaller pictures, which is enough to sort frames by motion.
 */
export async function meanMotion(img0: Picture, img1: Picture): Promise<number> {
  const factor = factorFor(img0, MOTION_SIDE);
  const small = (picture: Picture) => shrunk(greyOf(picture), factor);
  return factor * meanLength(await flowBetween(small(img0), small(img1)));
}

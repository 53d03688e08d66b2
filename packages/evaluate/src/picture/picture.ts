/** Pictures and where they come from. */
import type {Frame} from '@rife-train/core';
import type {Clip} from '@rife-train/data';

/**
 * A picture [H,W,3], row-major, BGR as in training: bytes, or float32 in 0..1 (a prediction, or a
 * frame that a protocol makes smaller without rounding).
 */
export type Picture = Frame;

/** Where the pixels of a frame are. */
export type FrameSource =
  | {kind: 'picture'; path: string}
  /** Frame `index` of a raw file of 8-bit YUV 4:2:0 planes. */
  | {kind: 'yuv'; path: string; index: number; width: number; height: number}
  /** Frame `index` of a clip: a folder, a video or a packed clip. */
  | {kind: 'clip'; clip: Clip; index: number};

/**
 * What is done with a frame as read, before anything sees it:
 *
 * - `whole`: nothing;
 * - `xiph-2k`: half the size, mean of 2 x 2 bytes, rounded half up (INTER_AREA on uint8);
 * - `x-test-2k`: half the size, mean of 2 x 2 in float32, not rounded;
 * - `xiph-4k`: the centre of 1080 rows and 2048 columns;
 * - `centre-512`: the centre of 512 x 512;
 * - `{height, width}`: a centred crop, of clips.
 */
export type View =
  'whole' | 'xiph-2k' | 'x-test-2k' | 'xiph-4k' | 'centre-512' | {height: number; width: number};

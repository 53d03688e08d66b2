/** Flags of `rife-train interpolate`, as commander hands them over. */
import type {PresetName} from '@rife-train/video';
import type {EngineFlags, FrameFlags, NetworkFlags} from '../predict/flags.js';

export interface InterpolateFlags extends NetworkFlags, FrameFlags, EngineFlags {
  out: string;
  /** Frames per second of the result, such as `60000/1001`. */
  fps?: string;
  /** Frames that each frame becomes. @default 2, without `fps` */
  multi?: number;
  /** Frames per second of a folder of images. */
  fpsIn?: string;
  /** Seconds. */
  from?: number;
  to?: number;
  /** SSIM below which two frames are of different scenes. @default 0.2 */
  scene?: number;
  like?: 'practical-rife';
  tile?: 'auto' | number;
  deinterlace?: boolean;
  png?: boolean;
  montage?: boolean;
  encoder?: PresetName;
  resume?: boolean;
  yes?: boolean;
}

/** Below this SSIM of 32 x 32 two frames are of different scenes, as Practical-RIFE has it. */
export const SCENE = 0.2;

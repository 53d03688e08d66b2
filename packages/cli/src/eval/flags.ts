/** Flags of `rife-train eval`, as commander hands them over. */
import type {EngineFlags, FrameFlags, NetworkFlags} from '../predict/flags.js';

export interface EvalFlags extends NetworkFlags, FrameFlags, EngineFlags {
  root: string;
  protocol?: string;
  /** Weights of another network, on the same frames. */
  against?: string;
  metrics?: readonly string[] | 'all';
  /** AlexNet's weights, for LPIPS. */
  lpips?: string;
  multi?: number;
  gaps?: readonly number[];
  perGap?: number;
  crop?: readonly [height: number, width: number];
  /** So many pairs, spread evenly over the set. */
  limit?: number;
  tile?: 'auto' | number;
  /** Threads that read and score. */
  workers?: number;
  devices?: number;
  out?: string;
  yes?: boolean;
}

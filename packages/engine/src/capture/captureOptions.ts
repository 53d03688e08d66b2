import type {Bfloat16Way} from '../bfloat16/kernels.js';
import type {Layout} from './sessionConfig.js';

/** Options of a captured programs. */
export interface CaptureOptions {
  /**
   * TensorFlow device of every node, for example `/device:GPU:1`; '' lets TensorFlow place them.
   */
  device: string;
  /** Record only TensorFlow's own ops, as for a GPU; for inspecting the graph. @default false */
  plainOps?: boolean;
  /** How convolutions compute in bfloat16. @default in float32 */
  bf16?: Bfloat16Way | undefined;
  /** Of images on a GPU. @default 'nhwc' */
  layout?: Layout;
  /** Receives notes for developers, such as ops without a shape function. */
  debug?: (message: string) => void;
  /** `xla`: TensorFlow's XLA compiles each entry at its first run. @default 'none' */
  compile?: 'none' | 'xla';
  /** Receives what a user should know: how long XLA compiled. */
  info?: (message: string) => void;
}

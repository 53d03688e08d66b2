/** How a script of the field measures: what is done with frames, and which scores are reported. */
import type {MetricName} from '../metrics/metric.js';
import type {Padding} from '../picture/pad.js';

/**
 * One row: a script on some sets. Rounding and the kind of SSIM are in the names of the metrics.
 */
export interface Protocol {
  name: string;
  /** Repository and file of the script, or the paper. */
  source: string;
  /** Names of sets; a final `*` stands for anything. */
  sets: readonly string[];
  /** What the script reports, the first one first. */
  metrics: readonly MetricName[];
  /** @default zeros at the right and bottom, as the network needs */
  padding?: Padding | undefined;
  /** Size at which the flow is estimated, relative to the frame. @default 1 */
  scale?: number;
  /**
   * `midpoints`: halved again and again, also by networks that take a timestep.
   * @default 'direct'
   */
  times?: 'direct' | 'midpoints';
  /** `groups`: mean of the means of clips, of each part on its own. @default 'frames' */
  mean?: 'frames' | 'groups';
  /**
   * The script feeds RGB to the network, where RIFE is trained on BGR. @default 'bgr'
   */
  channels?: 'bgr' | 'rgb';
  /** How the chroma of 4:2:0 is enlarged. @default 'bicubic', as Pillow since 7.0 */
  chroma?: 'bicubic' | 'nearest';
  /** Where a run here is not the same as the script. */
  notes?: readonly string[];
}

const covers = (pattern: string, name: string) =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** Is the protocol defined on this set? */
export const isFor = ({sets}: Protocol, set: string): boolean => sets.some(pattern => covers(pattern, set));

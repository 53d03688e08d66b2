/** Flags of `rife-train predict`, as commander hands them over. */
export interface PredictFlags {
  /** Configuration whose plugins are applied. */
  config?: string;
  /** Go on though plugins that the weights were trained with are not there. */
  withoutPlugins?: boolean;
  weights: string;
  /** Which of several networks in the file. */
  key?: string;
  out: string;
  /** Position of the one frame. @default 0.5 */
  t?: number;
  /** Parts that the time between the frames is divided into: one frame less is made. */
  multi?: number;
  /** Name of the network, where the weights do not show it, or show a wrong one. */
  model?: string;
  /** @default 1 */
  scale?: number;
  /** The same as a scale of 0.5. */
  uhd?: boolean;
  /** Scales of the blocks, before the division by `scale`. @default the network's */
  scaleList?: number[];
  tta?: boolean;
  ensemble?: boolean;
  doubling?: boolean;
  execution?: 'captured' | 'eager';
  device?: string;
}

/** Flags about networks, as commander hands them over. */
import type {FrameOptions} from '@rife-train/core';

/** Which network, and with which plugins: of all commands that predict. */
export interface NetworkFlags {
  weights: string;
  /** Which of several networks in the file. */
  key?: string;
  /** Configuration whose plugins are applied. */
  config?: string;
  /** Go on though plugins that the weights were trained with are not there. */
  withoutPlugins?: boolean;
  /** Name of the network, where the weights do not show it, or show a wrong one. */
  model?: string;
}

/** How frames are predicted. */
export interface FrameFlags {
  /** @default 1 */
  scale?: number;
  /** The same as a scale of 0.5. */
  uhd?: boolean;
  tta?: boolean;
  ensemble?: boolean;
}

/** Where and how the network runs. */
export interface EngineFlags {
  execution?: 'captured' | 'eager';
  precision?: 'fp32' | 'bf16';
  device?: string;
}

/** Flags of `rife-train predict`. */
export interface PredictFlags extends NetworkFlags, FrameFlags, EngineFlags {
  out: string;
  /** Position of the one frame. @default 0.5 */
  t?: number;
  /** Parts that the time between the frames is divided into: one frame less is made. */
  multi?: number;
  /** Scales of the blocks, before the division by `scale`. @default the network's */
  scaleList?: number[];
  doubling?: boolean;
}

/** What the predictor is asked for. */
export const frameOptions = ({scale, uhd, tta = false, ensemble = false}: FrameFlags): FrameOptions => ({
  scale: uhd ? 0.5 : (scale ?? 1),
  tta,
  ensemble,
});

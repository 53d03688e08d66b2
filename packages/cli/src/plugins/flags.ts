/** Flags of `rife-train plugins`, as commander hands them over. */
export interface PluginsFlags {
  config?: string;
  /** False with `--no-graph`: only the taps, without the engine. */
  graph: boolean;
  /** True for `--measure` without a number. */
  measure?: number | true;
  /** Side of the crop, in place of the configuration's. */
  crop?: number;
  batch?: number;
  json?: boolean;
  execution?: 'captured' | 'eager';
  precision?: 'fp32' | 'bf16';
  device?: string;
}

/** Flags of the command, as commander hands them over. */
export interface ReplayFlags {
  config?: string;
  without: string[];
  /** False for `--no-plugins`. */
  plugins: boolean;
  execution?: 'captured' | 'eager';
  precision?: 'fp32' | 'bf16';
  device?: string;
}

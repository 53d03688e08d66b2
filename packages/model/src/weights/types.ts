/** Content of a weights file, whatever its format. */

/** `zip` and `legacy` are PyTorch's two formats: torch.save since 1.6, and before. */
export type WeightsFormat = 'zip' | 'legacy' | 'safetensors';

export type WeightsDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/**
 * One tensor in the layout of the file: PyTorch's, so convolutions are [out, in, height, width].
 */
export interface WeightTensor {
  dtype: WeightsDtype;
  shape: number[];
  /**
   * Contiguous, row-major, little-endian. May be a view of the file's content, unaligned: read, do
   * not write.
   */
  bytes: Uint8Array;
}

export interface WeightsFile {
  format: WeightsFormat;
  /** Names as in the file, in its order. */
  tensors: Map<string, WeightTensor>;
  /**
   * For safetensors: its `__metadata__`. For PyTorch: `state_dict`, the keys that lead to the
   * tensors in a checkpoint, joined by dots.
   */
  metadata: Record<string, string>;
}

export interface WriteWeightsOptions {
  format: WeightsFormat;
  /**
   * Put before every name that does not begin with it. @default 'module.' for PyTorch's formats,
   * since the reference's load_model drops names without it; '' for safetensors
   */
  prefix?: string;
  /** Strings stored beside the tensors; only safetensors has a place for them. @default {} */
  metadata?: Record<string, string>;
}

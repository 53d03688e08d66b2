/** The safetensors codec alone: `@rife-train/core/safetensors` loads no tfjs and no trainer. */
export {
  SAFETENSORS_BYTES,
  decodeSafetensorsBytes,
  elementCount,
  safetensorsHeader,
  type RawSafetensors,
  type RawSafetensorsDtype,
  type RawSafetensorsEntry,
  type TensorSpec,
} from './checkpoint/safetensors.js';

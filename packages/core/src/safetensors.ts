/** The safetensors codec alone: `@rife-train/core/safetensors` loads no tfjs and no trainer. */
export {
  SAFETENSORS_BYTES,
  decodeSafetensorsBytes,
  safetensorsHeader,
  type RawSafetensors,
  type RawSafetensorsDtype,
  type RawSafetensorsEntry,
  type TensorSpec,
} from './checkpoint/safetensors.js';

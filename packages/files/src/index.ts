/** The public API of `@rife-train/files`: a leaf that loads no trainer and no TensorFlow. */
export {disk} from './disk.js';
export {makeFolder, makeTemporaryFolder} from './folders.js';
export {appendText, JsonLines, jsonNumber, numberOfJson} from './jsonLines.js';
export {
  readSealed,
  readText,
  replaceFile,
  sha256Of,
  sha256OfFile,
  syncFile,
  syncFolder,
  writeSealed,
  type Chunks,
  type FileSeal,
} from './sealed.js';
export {
  SAFETENSORS_BYTES,
  bytesOf,
  decodeSafetensors,
  decodeSafetensorsBytes,
  elementCount,
  encodeSafetensors,
  safetensorsHeader,
  type RawSafetensors,
  type RawSafetensorsDtype,
  type RawSafetensorsEntry,
  type Safetensors,
  type SafetensorsDtype,
  type SafetensorsEntry,
  type SafetensorsValues,
  type TensorSpec,
} from './safetensors.js';
export {openRegular, openRegularSync, readRegular, readRegularSync} from './regular.js';
export {isAlive, removeStale} from './stale.js';

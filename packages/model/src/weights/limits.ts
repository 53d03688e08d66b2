/** How much memory a file may make the reader use; docs/weights.md repeats the numbers. */

/** Bytes of a file, and of all its tensors when unpacked. RIFE's networks have 43 MB. */
export const MAX_BYTES = 2 ** 30;

/** Bytes to which a file of any size may unpack ... */
const ALWAYS_ALLOWED = 64 * 2 ** 20;
/** ... or, if larger, this multiple of its size: weights hardly compress. */
const MAX_RATIO = 16;

/** Most bytes to which a file of a given size may unpack. */
export const unpackedLimit = (fileBytes: number): number =>
  Math.min(MAX_BYTES, ALWAYS_ALLOWED + MAX_RATIO * fileBytes);

/**
 * A state_dict of RIFE takes some 8,000, one with the optimizer's state 30,000. One object each, at
 * most.
 */
export const MAX_OPCODES = 2_000_000;

export const MAX_AXES = 8;

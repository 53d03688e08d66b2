/** How much a file may make the reader hold; docs/weights.md repeats the numbers. */

/** Of a file, and of all tensors together when they are unpacked. RIFE's networks have 43 MB. */
export const MAX_BYTES = 2 ** 30;

/** Whatever its size, a file may unpack to so much ... */
const ALWAYS_ALLOWED = 64 * 2 ** 20;
/** ... and beyond that to this multiple of itself: weights hardly compress. */
const MAX_RATIO = 16;

/** Most bytes that a file of so many bytes may unpack to. */
export const unpackedLimit = (fileBytes: number): number =>
  Math.min(MAX_BYTES, ALWAYS_ALLOWED + MAX_RATIO * fileBytes);

/** A state_dict of RIFE takes some 8,000, one with the optimizer's state 30,000. An object each, at most. */
export const MAX_OPCODES = 2_000_000;

export const MAX_AXES = 8;

/** Middle value; the mean of the two middle ones when their number is even. NaN for none. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A whole number of at least `least` from the command line, or an error that names the option. */
export function wholeNumber(option, text, least = 1) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`--${option} is "${text}", expected a whole number, at least ${least}`);
  return value;
}

/** `4x224` to {batch, crop}. */
export function parseCase(text) {
  const [, batch, crop] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (!(Number(batch) > 0) || !(Number(crop) >= 64) || Number(crop) % 32)
    throw new Error(
      `case "${text}": expected <batch>x<crop>, the crop a multiple of 32, at least 64, such as 4x224`,
    );
  return {batch: Number(batch), crop: Number(crop)};
}

/** Ends a script with a message and exit code 1. */
export function fail(error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

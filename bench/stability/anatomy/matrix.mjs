/** Small dense matrices in float64: rows are inputs, columns outputs, row-major. */

/** @returns {values, rows, columns} */
export const matrix = (values, rows, columns) => ({values, rows, columns});

/** x M, of length `columns`. */
export function times(x, {values, rows, columns}) {
  const y = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++, at += columns) {
    const xi = x[i];
    if (xi !== 0) for (let o = 0; o < columns; o++) y[o] += xi * values[at + o];
  }
  return y;
}

/** M y, of length `rows`. */
export function timesTransposed(y, {values, rows, columns}) {
  const x = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++, at += columns) {
    let sum = 0;
    for (let o = 0; o < columns; o++) sum += values[at + o] * y[o];
    x[i] = sum;
  }
  return x;
}

export const norm = x => Math.sqrt(x.reduce((sum, entry) => sum + entry * entry, 0));
export const dot = (x, y) => x.reduce((sum, entry, i) => sum + entry * y[i], 0);

/** Of length 1; as it is where its length is 0 or not a number. */
export function unit(x) {
  const length = norm(x);
  return length > 0 && Number.isFinite(length) ? x.map(entry => entry / length) : x;
}

/** A fixed direction that is orthogonal to nothing in particular. */
export const anyDirection = length => unit(Float64Array.from({length}, (_, i) => Math.sin(i + 1)));

/**
 * Largest singular value of a linear map with its directions, by power iteration.
 * @param forward x => y, and `backward` its transpose
 * @param inputs length of x
 * @returns {value, from, to}, the directions of length 1
 */
export function largestSingular(forward, backward, inputs, rounds) {
  let from = anyDirection(inputs);
  for (let round = 0; round < rounds; round++) from = unit(backward(unit(forward(from))));
  const image = forward(from);
  return {value: norm(image), from, to: unit(image)};
}

/** {@link largestSingular} of a matrix. */
export const topOf = (m, rounds = 40) =>
  largestSingular(
    x => times(x, m),
    y => timesTransposed(y, m),
    m.rows,
    rounds,
  );

/** PNG's five filters, undone in place. Bytes wrap around, as in a Uint8Array. */
const PIXEL = 3;

function undoSub(raw: Uint8Array, from: number, to: number): void {
  for (let i = from + PIXEL; i < to; i++) raw[i] = raw[i]! + raw[i - PIXEL]!;
}

function undoUp(raw: Uint8Array, from: number, to: number, above: number): void {
  for (let i = from; i < to; i++) raw[i] = raw[i]! + raw[i - above]!;
}

function undoAverage(raw: Uint8Array, from: number, to: number, above: number): void {
  for (let i = from; i < from + PIXEL; i++) raw[i] = raw[i]! + (raw[i - above]! >> 1);
  for (let i = from + PIXEL; i < to; i++) raw[i] = raw[i]! + ((raw[i - PIXEL]! + raw[i - above]!) >> 1);
}

/**
 * Whichever of left, up and corner is nearest to left + up - corner; the first of equally near
 * ones.
 */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - corner - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** All three channels in one pass: each depends only on its own left neighbour. */
function undoPaeth(raw: Uint8Array, from: number, to: number, above: number): void {
  undoUp(raw, from, from + PIXEL, above);
  let [left0, left1, left2] = [raw[from]!, raw[from + 1]!, raw[from + 2]!];
  let [corner0, corner1, corner2] = [raw[from - above]!, raw[from + 1 - above]!, raw[from + 2 - above]!];
  for (let i = from + PIXEL; i < to; i += PIXEL) {
    const [at0, at1, at2] = [i - above, i + 1 - above, i + 2 - above];
    left0 = (raw[i]! + paeth(left0, raw[at0]!, corner0)) & 255;
    left1 = (raw[i + 1]! + paeth(left1, raw[at1]!, corner1)) & 255;
    left2 = (raw[i + 2]! + paeth(left2, raw[at2]!, corner2)) & 255;
    corner0 = raw[at0]!;
    corner1 = raw[at1]!;
    corner2 = raw[at2]!;
    raw[i] = left0;
    raw[i + 1] = left1;
    raw[i + 2] = left2;
  }
}

/** The row above the first one is zeros. */
function undoFirst(raw: Uint8Array, filter: number, to: number): boolean {
  if (filter === 1 || filter === 4) undoSub(raw, 1, to);
  if (filter === 3) for (let i = 1 + PIXEL; i < to; i++) raw[i] = raw[i]! + (raw[i - PIXEL]! >> 1);
  return filter <= 4;
}

/**
 * Undoes the filter of row `y`, once that of the row above is undone.
 * @param raw rows of `rowBytes`: the filter type, then RGB bytes
 * @param bytes how many bytes of the row to process, whole pixels
 * @returns false for an unknown filter type
 */
export function undoFilter(raw: Uint8Array, y: number, rowBytes: number, bytes: number): boolean {
  const from = y * rowBytes + 1;
  const to = from + bytes;
  const filter = raw[from - 1]!;
  if (y === 0) return undoFirst(raw, filter, to);
  if (filter === 1) undoSub(raw, from, to);
  else if (filter === 2) undoUp(raw, from, to, rowBytes);
  else if (filter === 3) undoAverage(raw, from, to, rowBytes);
  else if (filter === 4) undoPaeth(raw, from, to, rowBytes);
  return filter <= 4;
}

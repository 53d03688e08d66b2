/** Filters of a tile of RGB bytes [H,W,3], in place; the residual of each pixel is near 0. */

/** Red and blue less green, and back. */
function lessGreen(tile) {
  for (let i = 0; i < tile.length; i += 3) {
    tile[i] -= tile[i + 1];
    tile[i + 2] -= tile[i + 1];
  }
  return tile;
}
function plusGreen(tile) {
  for (let i = 0; i < tile.length; i += 3) {
    const green = tile[i + 1];
    tile[i] += green;
    tile[i + 2] += green;
  }
  return tile;
}

/** Each row less the one above. */
function up(tile, stride) {
  for (let i = tile.length - 1; i >= stride; i--) tile[i] -= tile[i - stride];
  return tile;
}
function undoUp(tile, stride) {
  const words = new Uint32Array(tile.buffer, tile.byteOffset, tile.length >> 2);
  const back = stride >> 2;
  for (let i = back; i < words.length; i++) {
    const a = words[i];
    const b = words[i - back];
    words[i] = ((a & 0x7f7f7f7f) + (b & 0x7f7f7f7f)) ^ ((a ^ b) & 0x80808080);
  }
  return tile;
}

/** Each pixel less the one to the left. */
function sub(tile, stride) {
  for (let i = tile.length - 1; i >= 0; i--) if (i % stride >= 3) tile[i] -= tile[i - 3];
  return tile;
}
function undoSub(tile, stride) {
  for (let row = 0; row < tile.length; row += stride) {
    let [red, green, blue] = [0, 0, 0];
    for (let i = row; i < row + stride; i += 3) {
      red = tile[i] = (tile[i] + red) & 255;
      green = tile[i + 1] = (tile[i + 1] + green) & 255;
      blue = tile[i + 2] = (tile[i + 2] + blue) & 255;
    }
  }
  return tile;
}

/** PNG's predictor of left, above and above left. */
function paethOf(left, above, corner) {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
function paeth(tile, stride) {
  const plain = tile.slice();
  for (let i = stride; i < tile.length; i++)
    tile[i] -=
      i % stride < 3 ? plain[i - stride] : paethOf(plain[i - 3], plain[i - stride], plain[i - stride - 3]);
  for (let i = 3; i < stride; i++) tile[i] -= plain[i - 3];
  return tile;
}
function undoPaeth(tile, stride) {
  for (let i = 3; i < stride; i++) tile[i] += tile[i - 3];
  for (let row = stride; row < tile.length; row += stride) {
    for (let i = row; i < row + 3; i++) tile[i] += tile[i - stride];
    for (let i = row + 3; i < row + stride; i++)
      tile[i] += paethOf(tile[i - 3], tile[i - stride], tile[i - stride - 3]);
  }
  return tile;
}

/** Rows of tiles must be whole words. */
export const FILTERS = {
  none: {apply: tile => tile, undo: tile => tile},
  sub: {apply: sub, undo: undoSub},
  up: {apply: up, undo: undoUp},
  'up and sub': {
    apply: (tile, stride) => sub(up(tile, stride), stride),
    undo: (tile, stride) => undoUp(undoSub(tile, stride), stride),
  },
  paeth: {apply: paeth, undo: undoPaeth},
  'less green, up': {
    apply: (tile, stride) => up(lessGreen(tile), stride),
    undo: (tile, stride) => plusGreen(undoUp(tile, stride)),
  },
  'less green, paeth': {
    apply: (tile, stride) => paeth(lessGreen(tile), stride),
    undo: (tile, stride) => plusGreen(undoPaeth(tile, stride)),
  },
};

/** Two pictures side by side. */
export function sideBySide<T extends Uint8Array | Uint16Array>(
  left: T,
  right: T,
  width: number,
  height: number,
): T {
  const row = width * 3;
  const both = new (left.constructor as new (length: number) => T)(2 * row * height);
  for (let y = 0; y < height; y++) {
    both.set(left.subarray(y * row, (y + 1) * row), 2 * y * row);
    both.set(right.subarray(y * row, (y + 1) * row), (2 * y + 1) * row);
  }
  return both;
}

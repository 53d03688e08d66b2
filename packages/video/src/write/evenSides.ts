/** The frame with its last column and row once more, where a side is odd. */
export function evenSides<T extends Uint8Array | Uint16Array>(data: T, width: number, height: number): T {
  const [w, h] = [width + (width % 2), height + (height % 2)];
  if (w === width && h === height) return data;
  const even = new (data.constructor as new (length: number) => T)(w * h * 3);
  for (let y = 0; y < h; y++) {
    const from = Math.min(y, height - 1) * width * 3;
    even.set(data.subarray(from, from + width * 3), y * w * 3);
    if (w > width) even.set(data.subarray(from + (width - 1) * 3, from + width * 3), (y * w + width) * 3);
  }
  return even;
}

import {partsOf, tiled, tileFor} from '../tiles.js';

test('parts begin on the grid, overlap, have one padded size, and end with the side', () => {
  for (const [side, tile, multiple] of [
    [1920, 512, 32],
    [1081, 512, 64],
    [700, 256, 128],
  ] as const) {
    const parts = partsOf(side, tile, multiple);
    expect(parts.every(({from}) => from % multiple === 0)).toBe(true);
    expect(parts.every(({length}) => Math.ceil(length / multiple) * multiple === tile)).toBe(true);
    expect(parts.at(-1)!.from + parts.at(-1)!.length).toBe(side);
    parts
      .slice(1)
      .forEach(({from}, i) => expect(parts[i]!.from + parts[i]!.length - from).toBeGreaterThanOrEqual(128));
  }
  expect(partsOf(300, 512, 32)).toEqual([{from: 0, length: 300}]);
});

test('auto tiles only what memory does not hold', () => {
  const size = {width: 3840, height: 2160};
  expect(tileFor('auto', size, 1, 16e9)).toBeUndefined();
  const tile = tileFor('auto', size, 0.25, 1e9)!;
  expect(tile).toBeGreaterThanOrEqual(256);
  expect(tile % 128).toBe(0);
  expect(tile ** 2 * 400).toBeLessThanOrEqual(0.6 * 1e9);
  expect(tileFor(512, {width: 500, height: 400}, 1)).toBeUndefined();
});

test('joins tiles into what a whole frame gives, where tiles agree', async () => {
  const [width, height] = [517, 390];
  const frame = (seed: number) => ({
    ...{width, height},
    data: Uint8Array.from({length: width * height * 3}, (_, i) => (i * seed) % 251),
  });
  const sizes = new Set<string>();
  const mean = tiled(
    async (img0, img1, t) => {
      sizes.add(`${img0.width}x${img0.height}`);
      return Float32Array.from(img0.data, (value, i) => ((1 - t) * value + t * img1.data[i]!) / 255);
    },
    256,
    1,
  );
  const [img0, img1] = [frame(7), frame(11)];
  const made = await mean(img0, img1, 0.25);
  const worst = made.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (0.75 * img0.data[i]! + 0.25 * img1.data[i]!) / 255)),
    0,
  );
  expect(worst).toBeLessThan(1e-6);
  expect(sizes.size).toBeGreaterThan(1);
});

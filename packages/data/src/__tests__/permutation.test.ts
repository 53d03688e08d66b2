import {permuted, type PermutationKey} from '../sampling/permutation';

const KEY: PermutationKey = [7, 0, 0, 0];
const all = (size: number, key = KEY) => Array.from({length: size}, (_, i) => permuted(i, size, key));

test.each([1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 252, 1000, 4408, 48_768])(
  'of %i numbers each comes once',
  size => {
    const numbers = all(size);
    expect(new Set(numbers).size).toBe(size);
    expect(numbers.every(number => Number.isSafeInteger(number) && 0 <= number && number < size)).toBe(true);
  },
);

test('of 192 million numbers, 50,000 neighbours are different and spread out', () => {
  const size = 192_000_000;
  const numbers = Array.from({length: 50_000}, (_, i) => permuted(i, size, KEY));
  expect(new Set(numbers).size).toBe(50_000);
  const mean = numbers.reduce((sum, n) => sum + n, 0) / 50_000;
  expect(Math.abs(mean / size - 0.5)).toBeLessThan(0.0052); // four standard errors
});

test('beyond 32 bits nothing is lost', () => {
  const size = 2 ** 40 + 3;
  const numbers = Array.from({length: 2000}, (_, i) => permuted(2 ** 39 + i, size, KEY));
  expect(new Set(numbers).size).toBe(2000);
  expect(numbers.some(number => number > 2 ** 39)).toBe(true);
  expect(numbers.every(number => Number.isSafeInteger(number) && number < size)).toBe(true);
});

test('each word of the key makes another permutation, the same key the same', () => {
  const names = [
    [7, 0, 0, 0],
    [8, 0, 0, 0],
    [7, 1, 0, 0],
    [7, 0, 1, 0],
    [7, 0, 0, 1],
  ] as const;
  expect(new Set(names.map(key => all(100, key).join())).size).toBe(5);
  expect(all(100)).toEqual(all(100));
});

test('never changes: old checkpoints must find their triplets', () => {
  expect(all(12)).toMatchInlineSnapshot(`
   [
     10,
     11,
     7,
     0,
     2,
     5,
     8,
     9,
     4,
     3,
     1,
     6,
   ]
  `);
});

test('each number is at each place equally often, over many keys', () => {
  const size = 10;
  const keys = 4000;
  const counts = Array.from({length: size * size}, () => 0);
  for (let seed = 0; seed < keys; seed++)
    for (const [place, number] of all(size, [seed, 0, 0, 0]).entries()) counts[place * size + number]! += 1;
  const expected = keys / size;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = (size - 1) ** 2;
  expect(Math.abs(chiSquare - freedom) / Math.sqrt(2 * freedom)).toBeLessThan(4);
});

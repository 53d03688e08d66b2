import {COLOURS} from '../html.js';
import {MOST_RUNS} from '../runCompare.js';

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** Complete protanopia, deuteranopia and tritanopia in linear sRGB: Machado et al. 2009. */
const SEEN: Record<string, Matrix> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const XYZ: Matrix = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
];
const WHITE = [0.95047, 1, 1.08883];

const times = (matrix: Matrix, [a, b, c]: Triple) =>
  matrix.map(([x, y, z]) => x * a + y * b + z * c) as unknown as Triple;

const linear = (colour: string) =>
  [1, 3, 5].map(at => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;

/** CIELAB of linear sRGB. */
function lab(rgb: Triple): Triple {
  const inside = rgb.map(value => Math.min(1, Math.max(0, value))) as unknown as Triple;
  const [x, y, z] = times(XYZ, inside).map((value, i) => {
    const share = value / WHITE[i]!;
    return share > (6 / 29) ** 3 ? Math.cbrt(share) : share / (3 * (6 / 29) ** 2) + 4 / 29;
  });
  return [116 * y! - 16, 500 * (x! - y!), 200 * (y! - z!)];
}

const luminance = (colour: string) => times(XYZ, linear(colour))[1];

test.each(['light', 'dark'] as const)('there is a %s colour for each run', scheme =>
  expect(new Set(COLOURS[scheme]).size).toBe(MOST_RUNS),
);

test.each(Object.keys(SEEN).flatMap(sight => [[sight, 'light'] as const, [sight, 'dark'] as const]))(
  'with %s vision any two %s colours differ by 26 of CIELAB',
  (sight, scheme) => {
    const seen = COLOURS[scheme].map(colour => lab(times(SEEN[sight]!, linear(colour))));
    const distances = seen.flatMap((a, i) =>
      seen.slice(i + 1).map(b => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])),
    );
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(26);
  },
);

test.each([
  ['light', '#ffffff'],
  ['dark', '#121212'],
] as const)('%s colours have a contrast of 3:1 to their background', (scheme, background) => {
  for (const colour of COLOURS[scheme]) {
    const [low, high] = [luminance(colour), luminance(background)].sort((a, b) => a - b);
    expect((high! + 0.05) / (low! + 0.05)).toBeGreaterThanOrEqual(3);
  }
});

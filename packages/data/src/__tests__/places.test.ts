import {choosePlaces, validationGaps} from '../sampling/places.js';

const clip = (id: string, frames: number) => ({id, frames});

test.each([
  [[1, 1], [1]],
  [
    [1, 2],
    [1, 2],
  ],
  [
    [1, 8],
    [1, 5, 8],
  ],
])('gaps of %j', (range, gaps) => {
  expect(validationGaps(range as [number, number])).toEqual(gaps);
});

test('places go round gaps, then clips, and lie inside', () => {
  const places = choosePlaces([clip('a', 65), clip('b', 9)], [1, 8], 8);
  expect(places.map(p => [p.clip.id, p.gap])).toEqual([
    ...[
      ['a', 1],
      ['a', 8],
    ],
    ...[
      ['b', 1],
      ['a', 8],
    ], // b is too short for 8
    ...[
      ['a', 1],
      ['a', 8],
    ],
    ...[
      ['b', 1],
      ['a', 8],
    ],
  ]);
  for (const {
    clip: {frames},
    gap,
    gt,
  } of places) {
    expect(gt - gap).toBeGreaterThanOrEqual(0);
    expect(gt + gap).toBeLessThan(frames);
  }
  // The same clip and gap again is another place.
  expect(new Set(places.filter(p => p.clip.id === 'a' && p.gap === 8).map(p => p.gt)).size).toBe(4);
});

test('without a clip that is long enough there are none', () => {
  expect(choosePlaces([clip('a', 3)], [8], 4)).toEqual([]);
});

test('places are those that earlier versions validated on', () => {
  const places = choosePlaces([clip('a', 65), clip('b', 33)], [1, 5, 8], 12);
  expect(places.map(({clip: {id}, gap, gt}) => `${id} ${gap} ${gt}`)).toEqual([
    'a 1 20',
    'a 5 21',
    'a 8 23',
    'b 1 10',
    'b 5 12',
    'b 8 13',
    'a 1 59',
    'a 5 55',
    'a 8 53',
    'b 1 29',
    'b 5 26',
    'b 8 23',
  ]);
});

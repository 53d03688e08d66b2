/** Groups that meet in one thread: what a gather and a mean are. */
import {inlineGroups} from '../inline';
import {partOf} from '../mean';
import {FakeProgram, rejection} from './support';

/** Numbers of very different sizes, so that the order and the precision of additions show. */
const value = (rank: number, i: number) => Math.fround(Math.sin(1 + rank * 7 + i) * 10 ** ((i % 9) - 4));

const programsOf = (count: number, sizes: readonly number[]) =>
  Array.from({length: count}, (_, rank) => {
    let at = 0;
    const arrays = sizes.map(size => Float32Array.from({length: size}, () => value(rank, at++)));
    return new FakeProgram(new Map(arrays.map((array, v) => [`v${v}`, array])));
  });

const namesOf = (sizes: readonly number[]) => sizes.map((_, v) => `v${v}`);

const meanAll = (count: number, programs: FakeProgram[], names: readonly string[]) =>
  Promise.all(inlineGroups(count).map((group, rank) => group.meanOf(programs[rank]!.program, names)));

test('values come by rank, with what JSON does not know', async () => {
  const groups = inlineGroups(3);
  const given = (rank: number) => ({rank, odd: [NaN, Infinity, -0, undefined], bytes: Uint8Array.of(rank)});
  const all = await Promise.all(groups.map(group => group.gather(given(group.rank))));
  for (const values of all) expect(values).toEqual([0, 1, 2].map(given));
  expect(Object.is(all[0]![0]!.odd[2], -0)).toBe(true);
});

test('many gathers at once keep their order', async () => {
  const groups = inlineGroups(2);
  const all = await Promise.all(
    groups.map(group => Promise.all(Array.from({length: 50}, (_, i) => group.gather(100 * group.rank + i)))),
  );
  for (const rounds of all) expect(rounds).toEqual(Array.from({length: 50}, (_, i) => [i, 100 + i]));
});

describe.each([1, 2, 3, 4, 5])('the mean over %i replicas', count => {
  test.each([[[1]], [[2, 3]], [[1000, 1, 17]], [[4097, 32768, 5]], [[0, 3]]])('of %j values', async sizes => {
    const programs = programsOf(count, sizes);
    const reports = await meanAll(count, programs, namesOf(sizes));
    const total = sizes.reduce((a, b) => a + b, 0);
    const expected = Float32Array.from({length: total}, (_, i) => {
      let sum = 0;
      for (let rank = 0; rank < count; rank++) sum += value(rank, i);
      return sum / count;
    });
    for (const {values} of programs)
      expect(Float32Array.from([...values.values()].flatMap(array => [...array]))).toEqual(expected);
    const norm = Math.sqrt(expected.reduce((sum, mean) => sum + mean * mean, 0));
    for (const report of reports) {
      expect(report.norm).toBe(reports[0]!.norm);
      expect(Math.abs(report.norm / norm - 1)).toBeLessThan(1e-12);
      expect(report.workMs).toBeGreaterThanOrEqual(0);
      expect(report.waitMs).toBeGreaterThanOrEqual(0);
    }
  });
});

test.each([1, 2, 3, 4, 7])('the parts of %i replicas make up the whole', count => {
  for (const total of [1, 15, 16, 17, 1000, 4097]) {
    const parts = Array.from({length: count}, (_, rank) => partOf(rank, count, total));
    expect(parts[0]![0]).toBe(0);
    expect(parts.at(-1)![1]).toBe(total);
    parts.slice(1).forEach(([from], i) => expect(from).toBe(parts[i]![1]));
  }
});

test('what is not finite stays so, and its norm is not finite either', async () => {
  const programs = [NaN, 1, Infinity].map(odd => new FakeProgram(new Map([['v', Float32Array.of(1, odd)]])));
  const [report] = await meanAll(3, programs, ['v']);
  expect([...programs[1]!.values.get('v')!]).toEqual([1, NaN]);
  expect(report!.norm).toBeNaN();
});

test('memory that is used again has the new values, for two lists of variables in turns', async () => {
  const groups = inlineGroups(2);
  const programs = programsOf(2, [5, 3]);
  const step = (names: readonly string[], values: readonly [number, number]) => {
    programs.forEach(({values: own}, rank) =>
      names.forEach(name =>
        own.set(
          name,
          own.get(name)!.map(() => values[rank]!),
        ),
      ),
    );
    return Promise.all(groups.map((group, rank) => group.meanOf(programs[rank]!.program, names)));
  };
  for (const [values, mean] of [
    [[1, 3], 2],
    [[10, 30], 20],
    [[-1, 1], 0],
  ] as const) {
    await step(['v0', 'v1'], values);
    for (const {values: own} of programs)
      expect([...own.get('v0')!, ...own.get('v1')!]).toEqual(Array(8).fill(mean));
    await step(['v1'], [4, 6]);
    for (const {values: own} of programs) expect([...own.get('v1')!]).toEqual([5, 5, 5]);
  }
});

test('calls that differ are an error that names both', async () => {
  const groups = inlineGroups(2);
  const [program] = programsOf(1, [1]);
  const errors = await Promise.all([
    rejection(groups[0]!.gather(1)),
    rejection(groups[1]!.meanOf(program!.program, ['v0'])),
  ]);
  for (const error of errors) expect(error).toMatchObject({code: 'RIFE_ERR_PARALLEL_LOST'});
  expect(errors[0]!.message).toMatch(/replica 0: gather\(\); replica 1: meanOf\(\)/);
  expect(errors[0]!.cause).toMatchObject({code: 'RIFE_ERR_PARALLEL_MISMATCH'});
});

test.each([
  [
    'another size',
    [['a', 2]],
    [['a', 3]],
    /variable 0 is "a" \(2 values\) on replica 0, "a" \(3 values\) on replica 1/,
  ],
  ['another name', [['a', 2]], [['b', 2]], /"a" \(2 values\) on replica 0, "b"/],
  [
    'one more',
    [['a', 2]],
    [
      ['a', 2],
      ['b', 1],
    ],
    /variable 1 is missing on replica 0/,
  ],
] as const)('a layout with %s is refused', async (_, first, second, message) => {
  const groups = inlineGroups(2);
  const settled = await Promise.allSettled(
    [first, second].map((layout, rank) => {
      const values = new Map(layout.map(([name, size]) => [name, new Float32Array(size)]));
      const names = layout.map(([name]) => name);
      return groups[rank]!.meanOf(new FakeProgram(values).program, names);
    }),
  );
  for (const outcome of settled)
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: {code: 'RIFE_ERR_PARALLEL_LAYOUT', message: expect.stringMatching(message)},
    });
});

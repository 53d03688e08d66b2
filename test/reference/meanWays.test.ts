/**
 * The mean over replicas by own kernels and by JavaScript, to the same bits; replicas may use
 * different ways.
 */
import type {Program} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {inlineGroups} from '@rife-train/parallel';

/** One is longer than a chunk; no two start at the same place of a cache line. */
const SHAPES = {a: [3], b: [5, 7, 1000], c: [], d: [2, 17]};
const COUNT = 3;
const DENORMAL = 1e-40;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const value = (rank: number, i: number) => Math.fround(Math.sin(1 + rank * 7 + i) * 10 ** ((i % 9) - 4));

function valuesOf(rank: number): Map<string, Float32Array> {
  let at = 0;
  const values = new Map(
    Object.entries(SHAPES).map(([name, shape]) => [
      name,
      Float32Array.from({length: sizeOf(shape)}, () => value(rank, at++)),
    ]),
  );
  values.get('d')!.set([-0, DENORMAL, 3e38]);
  return values;
}

function meanOfAll(): Map<string, Float32Array> {
  const all = Array.from({length: COUNT}, (_, rank) => valuesOf(rank));
  return new Map(
    [...all[0]!].map(([name, first]) => [
      name,
      first.map((_, i) => all.reduce((sum, values) => sum + values.get(name)![i]!, 0) / COUNT),
    ]),
  );
}

/** Replicas whose program has files or not; twice, since memory is reused. */
async function meanBy(kernels: readonly boolean[], files: boolean) {
  const engine = await createEngine();
  const specs = Object.entries(SHAPES).map(([name, shape]) => ({name, shape}));
  const programs = kernels.map((): Program => engine.createProgram(specs));
  const groups = inlineGroups(kernels.length, {files});
  try {
    let norms: number[] = [];
    for (let round = 0; round < 2; round++) {
      const reports = await Promise.all(
        programs.map(async (program, rank) => {
          await program.writeVariables(valuesOf(rank));
          expect(program.files).toBeDefined();
          const seen: Program = kernels[rank]
            ? program
            : {...program, files: undefined, ...inJavaScript(program)};
          return groups[rank]!.meanOf(seen, Object.keys(SHAPES));
        }),
      );
      norms = reports.map(({norm}) => norm);
    }
    return {norms, variables: await Promise.all(programs.map(program => program.readVariables()))};
  } finally {
    groups.forEach(group => group.close());
    programs.forEach(program => program.dispose());
  }
}

const inJavaScript = (program: Program) => ({
  readVariables: program.readVariables.bind(program),
  writeVariables: program.writeVariables.bind(program),
});

test.each([
  ['kernels', [true, true, true], true],
  ['JavaScript, through files', [false, false, false], true],
  ['JavaScript, through memory', [false, false, false], false],
  ['some by kernels', [false, true, false], true],
])('the mean by %s', async (_, kernels, files) => {
  const {norms, variables} = await meanBy(kernels, files);
  const expected = meanOfAll();
  for (const values of variables) expect(values).toEqual(expected);
  const norm = Math.sqrt(
    [...expected.values()].flatMap(array => [...array]).reduce((sum, mean) => sum + mean * mean, 0),
  );
  expect(new Set(norms).size).toBe(1);
  expect(Math.abs(norms[0]! / norm - 1)).toBeLessThan(1e-12);
});

test('the norm has the same bits either way', async () => {
  const both = [await meanBy([true, true, true], true), await meanBy([false, false, false], false)];
  expect(both[0]!.norms).toEqual(both[1]!.norms);
});

/**
 * Variables in files that processes share (native/sharedFiles.cc), against what JavaScript does
 * with the same numbers.
 */
import {closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {SharedFiles} from '@rife-train/core';
import {CapturedProgram, loadRuntime} from '../../index.js';

/** FILE_LINE and FILE_PIECE of the contract. */
const LINE = 16;
const PIECE = 1 << 15;

const SHAPES = {a: [3], b: [4, 5], c: [], d: [1, 16], e: [17]};
/** Offset of each variable in a file, in floats. */
const STARTS = {a: 0, b: 16, c: 48, d: 64, e: 80};
const TOTAL = 112;
const NAMES = Object.keys(SHAPES);

const folder = mkdtempSync(join(tmpdir(), 'rife-shared-'));
const open: number[] = [];
const programs: CapturedProgram[] = [];
afterEach(() => {
  programs.splice(0).forEach(program => program.dispose());
  open.splice(0).forEach(fd => closeSync(fd));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

let files = 0;
function fileOf(values: ArrayLike<number>): {fd: number; read: () => Float32Array} {
  const path = join(folder, `file${files++}`);
  writeFileSync(path, Buffer.from(Float32Array.from(values).buffer));
  const fd = openSync(path, 'r+');
  open.push(fd);
  return {fd, read: () => new Float32Array(Uint8Array.from(readFileSync(path)).buffer)};
}

async function programOf(): Promise<CapturedProgram & {files: SharedFiles}> {
  const program = new CapturedProgram(
    await loadRuntime(),
    Object.entries(SHAPES).map(([name, shape]) => ({name, shape})),
    {device: ''},
  );
  programs.push(program);
  return program as CapturedProgram & {files: SharedFiles};
}

const noise = (length: number, seed: number) =>
  Float32Array.from({length}, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233) * 10 ** ((i % 9) - 4));

const variablesOf = (file: ArrayLike<number>) =>
  new Map(
    Object.entries(SHAPES).map(([name, shape]) => {
      const start = STARTS[name as 'a'];
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, Float32Array.from(file).slice(start, start + size)];
    }),
  );

test('variables are written on lines, and nothing between them', async () => {
  const program = await programOf();
  const values = variablesOf(noise(TOTAL, 1));
  values.get('b')!.set([NaN, -0, Infinity, 1e-40]);
  await program.writeVariables(values);
  const {fd, read} = fileOf(new Float32Array(TOTAL).fill(7));
  program.files.write(NAMES, fd);
  expect(variablesOf(read())).toEqual(values);
  const between = [...read()].filter((_, i) =>
    Object.entries(STARTS).every(([name, start]) => i < start || i >= start + values.get(name)!.length),
  );
  expect(between).toEqual(Array(TOTAL - 57).fill(7));
});

test('variables are read, in the order that is asked for, and keep what they had when the file changes', async () => {
  const program = await programOf();
  const numbers = noise(TOTAL, 2);
  numbers.set([NaN, -0, 1e-40]);
  const file = fileOf(numbers);
  program.files.read(NAMES, file.fd);
  expect(await program.readVariables()).toEqual(variablesOf(numbers));

  program.files.mean([fileOf(new Float32Array(TOTAL)).fd], file.fd, 0, TOTAL);
  expect([...file.read()]).toEqual(Array(TOTAL).fill(0));
  expect(await program.readVariables()).toEqual(variablesOf(numbers));

  program.files.read(['c', 'a'], fileOf(Array.from({length: 32}, (_, i) => i)).fd);
  const {c, a, b} = Object.fromEntries(await program.readVariables());
  expect([c, a, b].map(array => [...array!])).toEqual([
    [0],
    [16, 17, 18],
    [...variablesOf(numbers).get('b')!],
  ]);
});

describe('means', () => {
  const LENGTH = 2 * PIECE + 1000;
  const ODD = [NaN, Infinity, -Infinity, -0, 1e-40, 3.4e38];

  test.each([1, 2, 5])(
    'of %i files have the bits of float64 sums in order, and squares by pieces',
    async count => {
      const inputs = Array.from({length: count}, (_, seed) => noise(LENGTH, seed));
      inputs.forEach(input => input.set(ODD));
      const [from, to] = [LINE, LENGTH - 5];
      const target = fileOf(new Float32Array(LENGTH).fill(7));
      const program = await programOf();
      const squares = program.files.mean(
        inputs.map(input => fileOf(input).fd),
        target.fd,
        from,
        to,
      );
      const means = Float32Array.from(
        {length: LENGTH},
        (_, i) => inputs.reduce((sum, input) => sum + input[i]!, 0) / count,
      );
      expect(target.read().subarray(from, to)).toEqual(means.subarray(from, to));
      expect([...target.read().subarray(0, from), ...target.read().subarray(to)]).toEqual(
        Array(from + LENGTH - to).fill(7),
      );
      let expected = 0;
      for (let at = from; at < to; at += PIECE)
        expected += means.subarray(at, Math.min(to, at + PIECE)).reduce((sum, mean) => sum + mean * mean, 0);
      expect(squares).toBe(expected);
    },
  );

  test('of odd numbers are what JavaScript makes of them', async () => {
    const inputs = ODD.map(odd => Float32Array.from([...ODD, odd]));
    const target = fileOf(new Float32Array(ODD.length + 1));
    const program = await programOf();
    const squares = program.files.mean(
      inputs.map(input => fileOf(input).fd),
      target.fd,
      0,
      ODD.length + 1,
    );
    const means = inputs[0]!.map((_, i) => inputs.reduce((sum, input) => sum + input[i]!, 0) / ODD.length);
    expect(target.read()).toEqual(means);
    expect(squares).toBeNaN();
  });

  test('of nothing are nothing', async () => {
    const program = await programOf();
    const {fd, read} = fileOf([1, 2, 3]);
    expect(program.files.mean([fd], fd, 3, 3)).toBe(0);
    expect([...read()]).toEqual([1, 2, 3]);
  });
});

test('a number that another file has got is that file', async () => {
  const program = await programOf();
  const first = fileOf(new Float32Array(TOTAL).fill(1));
  program.files.read(NAMES, first.fd);
  closeSync(open.pop()!);
  const second = fileOf(new Float32Array(TOTAL).fill(2));
  expect(second.fd).toBe(first.fd);
  program.files.read(['c'], second.fd);
  expect([...(await program.readVariables(['c'])).get('c')!]).toEqual([2]);
});

test('a file that was forgotten can be used again', async () => {
  const program = await programOf();
  const {fd} = fileOf(new Float32Array(TOTAL).fill(3));
  program.files.read(['a'], fd);
  program.files.forget([fd, fd]);
  program.files.read(['c'], fd);
  expect([...(await program.readVariables(['c'])).get('c')!]).toEqual([3]);
});

test('no tensor leaks', async () => {
  const {binding} = await loadRuntime();
  const program = await programOf();
  const {fd} = fileOf(new Float32Array(TOTAL));
  await program.readVariables();
  const before = binding.getNumOfTensors();
  program.files.write(NAMES, fd);
  program.files.read(NAMES, fd);
  program.files.mean([fd], fd, 0, TOTAL);
  expect(() => program.files.write(NAMES, 9999)).toThrow();
  expect(binding.getNumOfTensors()).toBe(before);
});

describe('what can not be done is an error', () => {
  const short = () => fileOf(new Float32Array(90)).fd;
  test.each<[string, (files: SharedFiles) => unknown, RegExp]>([
    ['writing to no file', files => files.write(NAMES, 9999), /RifeToFile[^]*file 9999 is not open/],
    ['reading from no file', files => files.read(NAMES, 9999), /RifeFromFile[^]*file 9999 is not open/],
    ['the mean of no file', files => files.mean([short(), 9999], short(), 0, 1), /file 9999 is not open/],
    ['the mean into no file', files => files.mean([short()], 9999, 0, 1), /file 9999 is not open/],
    ['writing to a short file', files => files.write(NAMES, short()), /112 floats do not fit in 90/],
    ['reading from a short file', files => files.read(NAMES, short()), /shorter than the tensors/],
    ['a mean past the end', files => files.mean([short()], short(), 0, 91), /shorter than the range/],
    ['a mean before the start', files => files.mean([short()], short(), -16, 10), /shorter than the range/],
    ['an empty file', files => files.read(NAMES, fileOf([]).fd), /0 bytes of shared memory/],
  ])('%s', async (_, act, message) => {
    const program = await programOf();
    expect(() => act(program.files)).toThrow(
      expect.objectContaining({code: 'RIFE_ERR_ENGINE_SHARED_FILE', message: expect.stringMatching(message)}),
    );
  });

  test('variables that are not there', async () => {
    const program = await programOf();
    for (const act of [() => program.files.write(['x'], short()), () => program.files.read(['x'], short())])
      expect(act).toThrow(expect.objectContaining({code: 'RIFE_ERR_ENGINE_UNKNOWN_VARIABLE'}));
  });
});

test('own kernels that are switched off are not used', async () => {
  process.env['RIFE_TRAIN_OWN_KERNELS'] = '0';
  try {
    expect((await programOf()).files).toBeUndefined();
  } finally {
    delete process.env['RIFE_TRAIN_OWN_KERNELS'];
  }
});

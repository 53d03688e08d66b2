import {compareTensors} from '../compare.js';
import {jsonText, numbersOf, summarize, valueText} from '../numbers.js';
import {firstRows, labelled, table} from '../table.js';
import {floats} from './files.js';

const list = (...values: number[]) => floats([values.length], i => values[i]!);
const compare = (a: number[], b: number[], tolerance = 0) =>
  compareTensors(new Map([['m.x', list(...a)]]), new Map([['m.x', list(...b)]]), tolerance);

test('the same numbers are equal, NaN and infinities too; the sign of zero does not count', () => {
  const values = [1, -2, NaN, Infinity, -Infinity, 0];
  expect(compare(values, [1, -2, NaN, Infinity, -Infinity, -0])).toMatchObject({
    equal: true,
    differing: [],
    all: {tensors: 1, differing: 0, maxAbs: 0, relative: 0},
  });
});

test('the largest and the relative difference', () => {
  const {equal, all, modules, differing} = compare([3, 4, 0], [3, 4.5, 0]);
  expect([equal, differing]).toEqual([false, ['m.x']]);
  expect(all).toEqual({tensors: 1, differing: 1, maxAbs: 0.5, relative: 0.1});
  expect(modules.get('m')).toEqual(all);
});

test.each([
  [
    [1, NaN],
    [1, 2],
  ],
  [
    [1, 2],
    [1, NaN],
  ],
  [
    [1, Infinity],
    [1, 2],
  ],
  [
    [1, Infinity],
    [1, -Infinity],
  ],
])('%j and %j differ whatever the tolerance', (a, b) => {
  expect(compare(a, b, 1e30)).toMatchObject({equal: false, all: {maxAbs: Infinity}});
});

test('the tolerance is absolute and inclusive', () => {
  expect(compare([1], [1.5], 0.5).equal).toBe(true);
  expect(compare([1], [1.5], 0.25)).toMatchObject({equal: false, all: {differing: 1}});
  // Still reported, though it does not count.
  expect(compare([1], [1.5], 0.5).all.maxAbs).toBe(0.5);
});

test('names, shapes and types', () => {
  const a = new Map([
    ['only', list(1)],
    ['m.shape', floats([2, 3], i => i)],
    ['n.type', list(1, 2)],
  ]);
  const half = {dtype: 'F16', shape: [2], bytes: Uint8Array.of(0, 0x3c, 0, 0x40)} as const;
  const b = new Map([
    ['m.shape', floats([3, 2], i => i)],
    ['n.type', {...half, shape: [2]}],
    ['other', list(1)],
  ]);
  const comparison = compareTensors(a, b, 0);
  expect(comparison).toMatchObject({
    equal: false,
    onlyInA: ['only'],
    onlyInB: ['other'],
    otherShape: [{name: 'm.shape', a: [2, 3], b: [3, 2]}],
    otherType: [{name: 'n.type', a: 'F32', b: 'F16'}],
    differing: [],
  });
  expect([...comparison.modules.keys()]).toEqual(['n']);
  expect(compareTensors(new Map([['n', list(1, 2)]]), new Map([['n', {...half, shape: [2]}]]), 0).equal).toBe(
    true,
  );
});

test('a difference from nothing but zeros is infinitely large', () => {
  expect(compare([0, 0], [0, 1]).all.relative).toBe(Infinity);
});

test('numbers of every type', () => {
  const of = (dtype: Parameters<typeof numbersOf>[0]['dtype'], values: ArrayBufferView) => [
    ...Array.from(
      numbersOf({
        dtype,
        shape: [],
        bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      }),
    ),
  ];
  expect(of('F64', Float64Array.of(0.1, -1e300))).toEqual([0.1, -1e300]);
  expect(of('F32', Float32Array.of(0.5))).toEqual([0.5]);
  expect(of('F16', Uint16Array.of(0x3c00))).toEqual([1]);
  expect(of('BF16', Uint16Array.of(0x3f80))).toEqual([1]);
  expect(of('I64', BigInt64Array.of(-5n))).toEqual([-5]);
  expect(of('I32', Int32Array.of(-5))).toEqual([-5]);
  expect(of('I16', Int16Array.of(-5))).toEqual([-5]);
  expect(of('I8', Int8Array.of(-5))).toEqual([-5]);
  expect(of('U8', Uint8Array.of(250))).toEqual([250]);
  expect(of('BOOL', Uint8Array.of(1, 0))).toEqual([1, 0]);
});

test('summaries leave out what is not finite, and count it', () => {
  const {all, modules, each} = summarize(
    new Map([
      ['a.x', list(3, NaN, -4, Infinity)],
      ['a.y', list(0)],
      ['b.z', list(NaN)],
    ]),
  );
  expect(each.get('a.x')).toEqual({
    tensors: 1,
    values: 4,
    min: -4,
    max: 3,
    rms: Math.sqrt(12.5),
    nonFinite: 2,
  });
  expect(modules.get('a')).toMatchObject({tensors: 2, values: 5, min: -4, max: 3, nonFinite: 2});
  expect(modules.get('b')).toMatchObject({min: Infinity, max: -Infinity, rms: NaN, nonFinite: 1});
  expect(all).toMatchObject({tensors: 3, values: 6, nonFinite: 3});
});

test('text', () => {
  expect([0, 1 / 3, 1e-9, 12345.6, NaN, Infinity].map(valueText)).toEqual([
    '0',
    '0.3333',
    '1e-9',
    '12350',
    '-',
    'Infinity',
  ]);
  expect(JSON.parse(jsonText({a: NaN, b: [Infinity, 1]}))).toEqual({a: 'NaN', b: ['Infinity', 1]});
  expect(
    table(
      ['name', 'n'],
      [
        ['a', '10'],
        ['long', '1'],
      ],
    ),
  ).toEqual(['name   n', 'a     10', 'long   1']);
  expect(labelled('x', ['1', '2'])).toEqual(['x          1', '           2']);
  expect(labelled('x', [])).toEqual([]);
  const {rows, more} = firstRows(Array.from({length: 50}, (_, i) => i));
  expect([rows.length, more]).toEqual([40, ['and 10 more']]);
});

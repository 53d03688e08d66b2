import {deduceOptions, specsOf} from '../deduceOptions.js';
import {NETWORKS} from '../networks.js';

const shapesOf = (options: Parameters<typeof specsOf>[0]) =>
  new Map(specsOf(options).map(({name, fileShape}) => [name, {shape: fileShape}]));
const without = (shapes: ReturnType<typeof shapesOf>, pattern: RegExp) =>
  new Map([...shapes].filter(([name]) => !pattern.test(name)));

test.each([
  {name: 'IFNet', scales: [4, 2, 1], widths: [240, 150, 90]},
  {name: 'IFNet_m', scales: [4, 2, 1], widths: [240, 150, 90]},
  {name: 'IFNet', scales: [4, 2, 1], widths: [32, 16, 8]},
  {name: 'IFNet_m', scales: [8, 4, 2, 1], widths: [64, 48, 32, 16]},
  {name: 'IFNet', scales: [1], widths: [8]},
  {name: 'IFNet_m', scales: [2, 1], widths: [8, 6], norm: 'batch' as const},
])('the options of a whole file: %j', options => expect(deduceOptions(shapesOf(options))).toEqual(options));

test('every network is recognised', () => {
  // Versions of RIFE4: rife4/__tests__/model.test.ts.
  expect(NETWORKS.map(({name}) => name)).toEqual(['IFNet', 'IFNet_m', 'RIFE4']);
  for (const name of ['IFNet', 'IFNet_m'])
    expect(deduceOptions(shapesOf({name, scales: [2, 1], widths: [6, 4]}))).toMatchObject({name});
});

test('what is missing is as in the reference', () => {
  const small = shapesOf({name: 'IFNet_m', scales: [4, 2, 1], widths: [32, 16, 8]});
  const student = without(small, /^(block_tea|unet|contextnet)\./);
  expect(deduceOptions(student)).toMatchObject({name: 'IFNet_m', widths: [32, 16, 8]});
  expect(deduceOptions(without(small, /^block1\./))).toMatchObject({widths: [32, 150, 8]});
  expect(deduceOptions(without(small, /^block\d\./))).toMatchObject({
    name: 'IFNet_m',
    widths: [240, 150, 90],
  });
  expect(deduceOptions(without(small, /^block/))).toMatchObject({name: 'IFNet', widths: [240, 150, 90]});
  // A part of a file is of the reference, as long as nothing says otherwise.
  expect(deduceOptions(without(small, /^(block[12]|unet)\./))).toMatchObject({widths: [32, 150, 90]});
  // Without its first layers a block still shows its width.
  expect(deduceOptions(without(small, /conv0/))).toMatchObject({name: 'IFNet', widths: [32, 16, 8]});
});

test('files of strangers: no network, or one that can be built', () => {
  expect(deduceOptions(new Map())).toBeUndefined();
  expect(deduceOptions(new Map([['conv1.weight', {shape: [3, 3]}]]))).toBeUndefined();
  const odd: [string, {shape: number[]}][] = [
    ['block99.lastconv.weight', {shape: [1e15, 5, 4, 4]}],
    ['block12345678901.lastconv.weight', {shape: [8, 5, 4, 4]}],
    ['block0.conv0.1.0.weight', {shape: []}],
    ['block1.conv0.1.0.weight', {shape: [7, 3, 3, 3]}],
    ['block0.conv0.0.0.weight', {shape: [-1, NaN]}],
  ];
  const options = deduceOptions(new Map(odd))!;
  expect(options.widths).toHaveLength(16);
  expect(specsOf(options).length).toBeGreaterThan(500);
});

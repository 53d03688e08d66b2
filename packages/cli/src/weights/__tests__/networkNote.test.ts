import {specsOf} from '@rife-train/model/weights';
import {networkNote, seemsText} from '../networkNote.js';
import {SMALL} from './files.js';

const tensors = (...names: string[]) => new Map(names.map(name => [name, {shape: [4, 4, 3, 3]}]));

test.each([
  [['block0.convblock.0.beta', 'encode.cnn0.weight'], 'practical RIFE v4.7 or later'],
  [['block0.convblock.0.beta', 'block0.conv0.0.0.weight'], 'practical RIFE v4.5 or v4.6'],
  [['block0.convblock0.0.0.weight', 'block0.conv2.0.weight'], 'practical RIFE v3'],
  [['block0.convblock0.0.0.weight', 'block0.conv1.weight'], 'practical RIFE v2'],
  [['block3.convblock.0.0.weight', 'block3.lastconv.weight'], 'practical RIFE v4.0 to v4.4'],
])('%j look like %s', (names, release) => {
  expect(networkNote(tensors(...names))).toEqual([expect.stringContaining(`it looks like ${release}`)]);
  expect(seemsText(tensors(...names))).toContain(`it looks like ${release}`);
});

test.each([SMALL, {...SMALL, widths: [8, 8, 8, 8], scales: [8, 4, 2, 1]}])(
  'a network that is trained here gets no note: %j',
  options => {
    const own = new Map(specsOf(options).map(({name, fileShape}) => [name, {shape: [...fileShape]}]));
    expect(networkNote(own)).toEqual([]);
    expect(seemsText(own)).toContain(`its blocks have widths ${options.widths!.join(', ')}`);
  },
);

test('released networks of RIFE 4.x are reported with what to write for them', () => {
  const options = {name: 'RIFE4', version: '4.25', scales: [], widths: []};
  const own = new Map(specsOf(options).map(({name, fileShape}) => [name, {shape: [...fileShape]}]));
  const text = "it is of RIFE 4.25: model: {name: 'RIFE4', version: '4.25'}";
  expect(networkNote(own)).toEqual([text]);
  expect(seemsText(own)).toContain(text);
});

test('anything else is described by its modules', () => {
  expect(seemsText(tensors('conv1.weight', 'fc.weight', 'fc.bias'))).toBe(
    'The file has 3 tensors: conv1 (1), fc (2); it has no name of RIFE',
  );
});

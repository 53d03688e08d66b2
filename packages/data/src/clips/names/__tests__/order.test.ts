import {orderFrames} from '../order';

/** Names in order of time; given to the function the other way round. */
const ORDERED: Record<string, string[]> = {
  'one width': ['0001.png', '0002.png', '0010.png'],
  'mixed widths': ['1.png', '2.png', '10.png', '0011.png'],
  'several endings': ['1.jpg', '2.JPEG', '9.webp', '10.png'],
  'a text before and after': ['shot7_9_left.png', 'shot7_10_left.png', 'shot7_11_left.png'],
  'capitals and small letters': ['IMG_9.JPG', 'img_10.jpg', 'IMG_11.jpg'],
  'more digits than a double has': [
    '1700000000000000001.png',
    '1700000000000000002.png',
    '1700000000000000010.png',
  ],
  decimals: ['0.png', '0.04.png', '0.08.png', '0.2.png', '0.24.png', '0.4.png'],
  'decimals of one width': ['t_0.500.png', 't_1.000.png', 't_1.500.png', 't_10.000.png'],
  'decimals after a text': ['frame_9.5.png', 'frame_10.png', 'frame_10.5.png', 'frame_11.png'],
  'a quarter each': ['0.25.png', '0.5.png', '0.75.png', '1.png', '1.25.png'],
  'decimals with a comma': ['0,04.png', '0,1.png', '0,16.png', '0,22.png'],
  'powers of ten': ['0.0.png', '5e-05.png', '0.0001.png', '0.00015.png'],
  'numbers after a point': ['clip1.1.png', 'clip1.2.png', 'clip1.9.png', 'clip1.10.png', 'clip1.11.png'],
  signs: ['-2.png', '-1.png', '0.png', '1.png', '10.png'],
  'negative alone': ['-3.png', '-2.png', '-1.png'],
  'signs after a text': ['t_-10.png', 't_-9.png', 't_0.png', 't_3.png'],
  'plus signs': ['-1.png', '+0.png', '+1.png', '+2.png'],
  'a dash is no sign': ['frame-1.png', 'frame-2.png', 'frame-10.png'],
  hexadecimal: ['0008.png', '0009.png', '000a.png', '000b.png'],
  'hexadecimal of mixed widths': Array.from({length: 20}, (_, i) => `f${(i + 3).toString(16)}.png`),
  letters: ['a.png', 'b.png', 'c.png', 'd.png'],
  'more letters than there are': ['x', 'y', 'z', 'aa', 'ab', 'ac'].map(name => `${name}.png`),
  dates: ['2023-12-31_23-59-59.png', '2024-01-01_00-00-00.png', '2024-01-01_00-00-01.png'],
  'dates without dashes': ['20231231_235959.png', '20240101_000000.png', '20240101_000001.png'],
  'the year last': ['31.01.2024.png', '01.02.2024.png', '13.02.2024.png'],
  'the year last, the month first': ['01-31-2024.png', '02-01-2024.png', '02-13-2024.png'],
  'the year last, without dashes': ['31012024.png', '01022024.png', '13022024.png'],
  'screenshots before and after noon': [
    'Screenshot 2024-01-02 at 9.59.58 AM.png',
    'Screenshot 2024-01-02 at 11.00.00 AM.png',
    'Screenshot 2024-01-02 at 12.00.01 PM.png',
    'Screenshot 2024-01-02 at 1.00.01 PM.png',
  ],
  'thousandths of a second': [
    '2024-01-02T10.11.12.5.png',
    '2024-01-02T10.11.12.75.png',
    '2024-01-02T10.11.13.0.png',
  ],
  'a first one without a number': ['frame.png', 'frame (1).png', 'frame (2).png', 'frame (10).png'],
  'two numbers that grow together': ['0009_t360.png', '0010_t400.png', '0011_t440.png'],
  'a counter before noise': ['0001_583.png', '0002_11.png', '0003_990.png', '0004_12.png'],
  'a counter before a text': ['001_I.png', '002_P.png', '003_B.png', '004_P.png'],
  'endings of ordinals': ['1st.png', '2nd.png', '3rd.png', '4th.png'],
  'frames between others': ['frame10.png', 'frame10i11.png', 'frame11.png'],
  'a typographer’s minus': ['\u22122.png', '\u22121.png', '0.png', '1.png'],
  'full-width digits': ['１.png', '２.png', '１０.png'],
  'two frames': ['left.png', 'right.png'],
};

test.each(Object.entries(ORDERED))('%s', (_, names) => {
  expect(orderFrames([...names].reverse())).toEqual({files: names});
  expect(orderFrames([...names].sort())).toEqual({files: names});
});

const DOUBTS: readonly [string, string[], RegExp][] = [
  ['one number in two widths', ['1.png', '01.png', '2.png', '02.png'], /"1\.png" and "01\.png"|same number/],
  [
    'one number in two types',
    ['1.png', '1.jpg', '2.png', '2.jpg'],
    /"1\.jpg" and "1\.png" have the same number/,
  ],
  ['two beginnings', ['a1.png', 'a2.png', 'b4.png', 'b5.png'], /"a1\.png" and "b4\.png" are not named alike/],
  ['two eyes', ['1_l.png', '1_r.png', '2_l.png', '2_r.png'], /not named alike/],
  ['two cameras', ['c1_01.png', 'c1_02.png', 'c2_01.png', 'c2_02.png'], /several cameras or shots/],
  [
    'two cameras on one day',
    ['2024-01-02_cam1_01.png', '2024-01-02_cam1_02.png', '2024-01-02_cam2_01.png'],
    /several/,
  ],
  ['shots one after another', ['s1_01.png', 's1_02.png', 's2_03.png', 's2_04.png'], /several/],
  ['a cover among frames', ['0001.png', '0002.png', '0003.png', 'cover.png'], /not named alike/],
  ['words', ['one.png', 'two.png', 'three.png'], /not named alike/],
  ['hashes', ['9e107d9d.png', 'e4d909c2.png', 'd41d8cd9.png', '0cc175b9.png'], /not named alike/],
  [
    'decimals or versions',
    ['1.8.png', '1.9.png', '1.11.png'],
    /two ways: as decimal numbers .* whole numbers/,
  ],
  ['day or month', ['01-02-2024.png', '02-01-2024.png', '03-01-2024.png'], /the day, and which the month/],
  ['copies', ['1.png', '1 (1).png', '2.png', '2 (1).png'], /not named alike/],
];

test.each(DOUBTS)('%s: asked about', (_, names, doubt) => {
  for (const files of [names, [...names].reverse()]) expect(orderFrames(files).doubt).toMatch(doubt);
});

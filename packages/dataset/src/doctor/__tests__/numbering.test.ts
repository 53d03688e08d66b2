import {missingNumbers} from '../numbering';

test.each([
  [['0001.png', '0002.png', '0004.png'], [{after: 1, number: 3, count: 1}]],
  [
    ['a_1.jpg', 'a_2.jpg', 'a_6.jpg', 'a_7.jpg', 'a_9.jpg'],
    [
      {after: 1, number: 3, count: 3},
      {after: 3, number: 8, count: 1},
    ],
  ],
  [['0.png', '2.png', '4.png', '8.png'], [{after: 2, number: 6, count: 1}]],
  [['f9.png', 'f10.png', 'f12.png', 'f13.png'], [{after: 1, number: 11, count: 1}]],
  [['1x.png', '2x.png', '3x.png', '5x.png'], [{after: 2, number: 4, count: 1}]],
])('%j', (files, gaps) => expect(missingNumbers(files)).toEqual(gaps));

test.each([
  ['a complete sequence', ['07.png', '08.png', '09.png', '10.png']],
  ['two beginnings', ['a1.png', 'a2.png', 'b4.png', 'b5.png']],
  ['no numbers', ['a.png', 'b.png', 'd.png']],
  ['times instead of numbers', ['1003.png', '1040.png', '1071.png', '1110.png']],
  ['the same number twice', ['1.png', '1.jpg', '2.png', '2.jpg', '3.png', '3.jpg']],
  ['two files', ['1.png', '5.png']],
  ['none', []],
])('%s: nothing', (_, files) => expect(missingNumbers(files)).toEqual([]));

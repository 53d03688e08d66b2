import {didYouMean} from '../config/didYouMean.js';

test.each([
  ['crp', 'crop'],
  ['CROP', 'crop'],
  ['learningrate', 'learningRate'],
  ['batchSize', undefined],
  ['qqqq', undefined],
  ['', undefined],
])('%p is %p', (word, meant) => expect(didYouMean(word, ['crop', 'batch', 'learningRate'])).toBe(meant));

test('nothing to choose from', () => expect(didYouMean('x', [])).toBeUndefined());

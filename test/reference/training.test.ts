/** Captured all three fixtures, eager the first: the others are in test/slow. */
import {trainsAsTheReference} from './trainingCases.js';

trainsAsTheReference([
  ['1x64x64', 'captured'],
  ['2x96x64', 'captured'],
  ['m_1x64x64_t0.25', 'captured'],
  ['1x64x64', 'eager'],
]);

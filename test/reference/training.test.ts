/**
 * Twenty captured steps of all three fixtures; op by op five of the first. The rest op by op:
 * test/slow.
 */
import {trainsAsTheReference} from './trainingCases.js';

trainsAsTheReference([
  ['1x64x64', 'captured', 20],
  ['2x96x64', 'captured', 20],
  ['m_1x64x64_t0.25', 'captured', 20],
  ['1x64x64', 'eager', 5],
]);

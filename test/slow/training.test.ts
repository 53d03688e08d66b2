/** Twenty steps against the reference's, eager, that `npm test` leaves out. */
import {trainsAsTheReference} from '../reference/trainingCases.js';

trainsAsTheReference([
  ['1x64x64', 'eager', 20],
  ['2x96x64', 'eager', 20],
  ['m_1x64x64_t0.25', 'eager', 20],
]);

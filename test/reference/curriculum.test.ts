/**
 * The curriculum on a source that reads ahead: every interrupted run continues to the bit. For
 * stops between these see test/slow.
 */
import {capturedIsEager, goesOn} from './curriculumCases.js';

goesOn([1, 5, 6, 8, 9, 13, 16, 17], [0, 2, 3, 6]);
capturedIsEager();

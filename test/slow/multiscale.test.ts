/** plugin-multiscale in the cases that `npm test` leaves out. */
import {additionsLearn} from '../reference/multiscaleLearning.js';
import {outputsStay} from '../reference/multiscaleOutputs.js';
import {EVERYTHING, SMALL} from '../reference/multiscaleSupport.js';

describe('at step 0 the output is that of the network without the plugin', () => {
  outputsStay([
    ['fusion', {stages: [], fusion: true}, SMALL],
    ['dilated', {stages: [], receptiveField: 'dilated'}, SMALL],
    ['everything, with timestep and batch norm', EVERYTHING, {...SMALL, name: 'IFNet_m', norm: 'batch'}],
    ["two stages, at RIFE's size", {}, {...SMALL, widths: [240, 150, 90]}],
  ]);
});

describe('with a large kernel, from fresh weights', () => {
  additionsLearn({...EVERYTHING, receptiveField: 'large-kernel'}, false);
});

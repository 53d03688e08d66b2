/**
 * Each official plugin on RIFE's own network, and the pairs whose taps are in the graph; `npm test`
 * has all together.
 */
import {inGraph, trainOnRife} from '../conformance/onRife.js';
import {NAMES, PAIRS} from '../conformance/support.js';

trainOnRife([...NAMES.map(name => [name]), ...inGraph(PAIRS)]);
trainOnRife(
  NAMES.filter(name => name !== 'multiscale').map(name => [name]),
  'captured',
  'RIFE4',
);

/** Pairs on RIFE's own network that `npm test` leaves out. */
import {inGraph, trainOnRife} from '../conformance/onRife.js';
import {OTHER_PAIRS} from '../conformance/support.js';

trainOnRife(inGraph(OTHER_PAIRS));

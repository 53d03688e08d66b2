/** Each official plugin on RIFE's own network, neighbours whose taps are in the graph, and all, in both orders of the configuration. The other pairs: test/slow. */
import {inGraph, trainOnRife} from './onRife.js';
import {NAMES, PAIRS} from './support.js';

trainOnRife([...NAMES.map(name => [name]), ...inGraph(PAIRS), NAMES, [...NAMES].reverse()]);

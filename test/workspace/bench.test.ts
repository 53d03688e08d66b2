/** How benchmarks join, judge and print numbers. */
import {nodeTests} from './nodeTests.js';

nodeTests('bench/bench.test.mjs');

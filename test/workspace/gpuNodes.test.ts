/** What each network and plugin needs has a kernel of a GPU: docs/gpu.md. */
import {nodeTests} from './nodeTests.js';

nodeTests('bench/gpu/nodes.test.mjs');

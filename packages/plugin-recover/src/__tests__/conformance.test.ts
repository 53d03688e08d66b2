import {conformance} from '@rife-train/testing';
import {recover} from '../index.js';

conformance(() => recover({every: 2, probation: 1, surge: {window: 4, warmup: 2}}), {factory: recover});

import {conformance} from '@rife-train/testing';
import {recover} from '../index.js';

// No scores within these few steps: one of four values near each other would show how captured and eager round.
conformance(() => recover({every: 2, probation: 1}), {factory: recover});

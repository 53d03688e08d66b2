import {conformance} from '@rife-train/testing';
import {gainLimit} from '../index.js';

// All kernels of the tiny network, and a limit that most of them exceed once it counts.
conformance(() => gainLimit({limit: 0.2, layers: /conv\.weight$/}), {factory: gainLimit});

import {conformance} from '@rife-train/testing';
import {multiscale} from '../index.js';

// On the kit's small network, which has stages; test/reference holds fusion and branches of the
// real one against the same. Beside the other plugins it trains in test/conformance.
conformance(() => multiscale(), {factory: multiscale, official: false});

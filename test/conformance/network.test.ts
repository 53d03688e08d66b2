/** All official plugins on RIFE's own network, in both orders of the configuration, once without a graph. Each alone, and pairs: test/slow. */
import {trainOnRife} from './onRife.js';
import {NAMES} from './support.js';

trainOnRife([NAMES]);
trainOnRife([[...NAMES].reverse()], 'eager');

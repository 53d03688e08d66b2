/** All official plugins on RIFE's own network, in both orders of the configuration. Each alone, and pairs: test/slow. */
import {trainOnRife} from './onRife.js';
import {NAMES} from './support.js';

trainOnRife([NAMES, [...NAMES].reverse()]);

/**
 * All official plugins on RIFE's own networks, in both orders of the configuration, once without a graph. Each alone, and pairs: test/slow.
 */
import {trainOnRife} from './onRife.js';
import {NAMES} from './support.js';

trainOnRife([NAMES]);
trainOnRife([[...NAMES].reverse()], 'eager');

// multiscale extends IFNet alone, and says so.
const ON_RIFE4 = NAMES.filter(name => name !== 'multiscale');
trainOnRife([ON_RIFE4], 'captured', 'RIFE4');
trainOnRife([[...ON_RIFE4].reverse()], 'eager', 'RIFE4');

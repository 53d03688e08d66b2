/**
 * All official plugins on RIFE's own networks, in both orders of the configuration, once without a
 * graph. For single plugins and pairs see test/slow.
 */
import {trainOnRife} from './onRife.js';
import {NAMES} from './support.js';

trainOnRife([NAMES]);
trainOnRife([[...NAMES].reverse()], 'eager');

// multiscale extends only IFNet, and reports that.
const ON_RIFE4 = NAMES.filter(name => name !== 'multiscale');
trainOnRife([ON_RIFE4], 'captured', 'RIFE4');
trainOnRife([[...ON_RIFE4].reverse()], 'eager', 'RIFE4');

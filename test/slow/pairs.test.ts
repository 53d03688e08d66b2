/** Every two official plugins that `npm test` leaves out. `npm run test:slow`. */
import {OTHER_PAIRS, pairsHold} from '../conformance/support.js';

pairsHold(OTHER_PAIRS);

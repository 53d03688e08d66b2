/** Every two official plugins together meet the requirements of each one. `npm run test:slow`. */
import {PAIRS, pairsHold} from '../conformance/support.js';

pairsHold(PAIRS);

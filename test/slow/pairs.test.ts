/** Every two official plugins hold together what each holds alone. `npm run test:slow`. */
import {PAIRS, pairsHold} from '../conformance/support.js';

pairsHold(PAIRS);

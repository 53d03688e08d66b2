/**
 * RIFE 4.x: each plugin alone and all together with all checks of the kit, and every two of them
 * for two steps; `npm test` has the decisive checks of all together.
 */
import {trainOnRife} from '../conformance/onRife.js';
import {ON_RIFE4, rife4Conformance, VERSIONS} from '../conformance/rife4.js';
import {PAIRS} from '../conformance/support.js';

for (const version of VERSIONS)
  for (const names of [...ON_RIFE4.map(name => [name]), ON_RIFE4]) rife4Conformance(version, names);

trainOnRife(
  PAIRS.filter(pair => pair.every(name => ON_RIFE4.includes(name))),
  'eager',
  'RIFE4',
);

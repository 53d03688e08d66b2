/** Imported ahead of everything else by programs that run what was built: ends them when that is older than its sources. */
import {oldDist} from './dist.mjs';

const wrong = oldDist();
if (wrong !== undefined) {
  console.error(`error: ${wrong}`);
  process.exit(1);
}

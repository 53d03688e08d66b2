/**
 * Imported first by programs that run the build: ends them if the build is older than its sources.
 */
import {oldDist} from './dist.mjs';

const wrong = oldDist();
if (wrong !== undefined) {
  console.error(`error: ${wrong}`);
  process.exit(1);
}

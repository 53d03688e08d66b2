/**
 * The order in which jest starts the suites. It remembers how long each took and starts the longest
 * first, so that no long one is left for a single worker at the end. In a fresh clone no times are
 * known, and jest would go by the size of the files.
 */
import {createRequire} from 'node:module';

const here = createRequire(import.meta.url);
// jest's own sequencer, in any version.
const core = createRequire(createRequire(here.resolve('jest')).resolve('@jest/core'));
const {default: Sequencer} = core('@jest/test-sequencer');

/** The longest suites, by the end of their path. */
const LONGEST = [
  ...['e2e/customPlugin', 'reference/training', 'reference/curriculum', 'conformance/pairs', 'e2e/devices'],
  ...['e2e/run', 'reference/batchNorm', 'reference/multiscale', 'reference/flowPlugins', 'e2e/replay'],
  ...['reference/multiscaleTraining', 'faults/faults', 'e2e/interrupt', 'e2e/weights', 'conformance/network'],
].map(name => `/test/${name}.test.ts`);
const rankOf = ({path}) => {
  const rank = LONGEST.findIndex(end => path.endsWith(end));
  return rank < 0 ? LONGEST.length : rank;
};

export default class SlowestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isKnown = sorted.some(({duration}) => duration !== undefined);
    return isKnown ? sorted : sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}

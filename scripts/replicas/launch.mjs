/**
 * Launches replicas as the command does: `node launch.mjs <JSON>`. Its last line is JSON: the
 * result, and the progress of each replica.
 */
import {writeSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {launchReplicas} from '@rife-train/parallel';

const {launcher, count, payload, timeout} = JSON.parse(process.argv[2]);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort(new Error(signal)));

const done = Array(count).fill(-1);
const skipped = Array.from({length: count}, () => []);
const say = text => writeSync(1, `${text}\n`);
const onMessage = (_rank, {rank, step, updated}) => {
  done[rank] = step;
  if (!updated) skipped[rank].push(step);
  if (rank === 0) say(`step ${step}`);
};

let result;
try {
  const results = await launchReplicas({
    ...{count, launcher, payload, timeout, signal: stop.signal, onMessage, grace: 3},
    entry: fileURLToPath(new URL('entry.mjs', import.meta.url)),
  });
  result = {results};
} catch (error) {
  result = {error: {code: error.code, message: error.message, stack: error.stack}};
}
say(JSON.stringify({...result, done, skipped}));
process.exit(0);

/** The run of world.mjs in a process of its own, to be killed: `node child.mjs <out> [n]`. With n it kills itself at the n-th file operation of its checkpoints. */
// eslint-disable-next-line rife/imports -- the harness lets single file operations fail; nobody else may
import {disk} from '../../packages/core/dist/checkpoint/disk.js';
import {train} from './world.mjs';

const [out, at] = process.argv.slice(2);
let count = 0;
if (at !== undefined)
  for (const [name, real] of Object.entries({...disk}))
    disk[name] = async (...args) => {
      count += 1;
      if (count === Number(at)) process.kill(process.pid, 'SIGKILL');
      return real(...args);
    };

const stop = new AbortController();
process.on('SIGTERM', () => {
  console.log('SIGTERM: finishing this step, then saving');
  stop.abort();
});
const prepare = trainer => {
  // The trainer is asked to stop as the command line does it.
  const run = trainer.run.bind(trainer);
  trainer.run = ({signal}) => run({signal: AbortSignal.any([signal, stop.signal])});
  trainer.hooks.afterStep.tap('child', ({progress}) => console.log(`step ${progress.step}`));
};
const {error, summary} = await train(out, {prepare});
console.log(
  error ? `${error.code} ${error.message}` : summary.reason === 'finished' ? 'finished' : 'stopped',
);
process.exit(error ? 1 : 0);

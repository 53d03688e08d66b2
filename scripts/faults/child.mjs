/**
 * The run of world.mjs in a process of its own, to be killed: `node child.mjs <out> <what>`, where
 * `<what>` is JSON. {operation} kills it at a file operation of its checkpoints, {signal, step,
 * moment} sends it the signal at a moment inside a step, and {waits: true} makes it wait after each
 * step for a byte on its standard input.
 */
import {readSync, writeSync} from 'node:fs';
import {MOMENTS} from './moments.mjs';
import {beforeOperations} from './operations.mjs';
import {train} from './world.mjs';

const [out, what] = process.argv.slice(2);
const {operation, signal, step, moment, waits = false} = JSON.parse(what);
let count = 0;
if (operation !== undefined)
  beforeOperations(() => {
    count += 1;
    if (count === operation) process.kill(process.pid, 'SIGKILL');
  });

const stop = new AbortController();
// Written at once: output in the buffer of a pipe is lost if the process is killed.
const say = text => writeSync(1, `${text}\n`);
process.on('SIGTERM', () => {
  say('SIGTERM: finishing this step, then saving');
  stop.abort();
});
const prepare = (trainer, program) => {
  // Asks the trainer to stop, as the command line does.
  const run = trainer.run.bind(trainer);
  trainer.run = ({signal: own}) => run({signal: AbortSignal.any([own, stop.signal])});
  if (moment !== undefined)
    MOMENTS[moment]({trainer, program, step, act: () => process.kill(process.pid, signal)});
  trainer.hooks.afterStep.tap({name: 'child', stage: 1}, ({progress}) => {
    say(`step ${progress.step}`);
    // Blocks the whole thread: no part of the run continues in the meantime.
    if (waits) readSync(0, Buffer.alloc(1));
  });
};
const {error, summary} = await train(out, {prepare});
say(error ? `${error.code} ${error.message}` : summary.reason === 'finished' ? 'finished' : 'stopped');
process.exit(error ? 1 : 0);

/**
 * Entry point of a replica's process; see `process.ts`. The first argument is the id of the
 * launching process.
 */
import {Worker} from 'node:worker_threads';
import type {Down, Up} from './messages.js';
import type {Ready, Start} from './process.js';

// The launching process decides; a terminal sends its signals to all processes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});

const end = () => process.kill(process.pid, 'SIGKILL');
process.on('disconnect', end);

/** Detects the end of the launching process also while the main thread is busy. */
const GUARD = `
const {workerData} = require('node:worker_threads');
const cell = new Int32Array(new SharedArrayBuffer(4));
while (process.ppid === workerData) Atomics.wait(cell, 0, 0, 1000);
process.kill(process.pid, 'SIGKILL');`;
new Worker(GUARD, {eval: true, workerData: Number(process.argv[2]), env: {}}).unref();

// Loaded after that: until signals are ignored, one would end the process.
const [{openFileBlocks}, {openReplica}] = await Promise.all([
  import('./fileBlocks.js'),
  import('./replica.js'),
]);

let sent: Promise<unknown> = Promise.resolve();
const send = (message: Up | Ready) => {
  let done!: () => void;
  const last = new Promise<void>(resolve => (done = resolve));
  process.send!(message, () => done());
  sent = last;
};

/** Exits once all messages are sent; whatever the replica left running ends with the process. */
const exit = () => void sent.then(() => process.exit(0));

let receive: ((message: Down) => void) | undefined;
process.on('message', (message: Down | Start) => {
  if (message.type !== 'start') return receive?.(message);
  const replica = openReplica(message.job, send, openFileBlocks);
  receive = replica.receive;
  process.on('uncaughtException', error => {
    // A replica that listens itself saves first.
    if (process.listenerCount('uncaughtException') > 1) return;
    replica.fail(error);
    exit();
  });
  void replica.ended.then(exit);
});
send({type: 'ready'});

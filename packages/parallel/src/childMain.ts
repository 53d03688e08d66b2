/**
 * Entry point of a replica's process; see `ownerThread.ts`, whose process is named in the first
 * argument.
 */
import {Worker} from 'node:worker_threads';
import type {Down, Up} from './messages.js';
import type {Ready, Start} from './ownerThread.js';

// The launching process decides; a terminal sends its signals to all processes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});

const end = () => process.kill(process.pid, 'SIGKILL');
process.on('disconnect', end);

/** Notices the end of the launching process even while the main thread is busy. */
const GUARD = `
const {workerData} = require('node:worker_threads');
const cell = new Int32Array(new SharedArrayBuffer(4));
while (process.ppid === workerData) Atomics.wait(cell, 0, 0, 1000);
process.kill(process.pid, 'SIGKILL');`;
new Worker(GUARD, {eval: true, workerData: Number(process.argv[2]), env: {}}).unref();

// Loaded late: until then a signal would end the process.
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

/** Ends the process once everything is sent, including anything that the replica left running. */
const exit = () => void sent.then(() => process.exit(0));

let receive: ((message: Down) => void) | undefined;
process.on('message', (message: Down | Start) => {
  if (message.type !== 'start') return receive?.(message);
  const replica = openReplica(message.job, send, openFileBlocks);
  receive = replica.receive;
  process.on('uncaughtException', error => {
    replica.fail(error);
    exit();
  });
  void replica.ended.then(exit);
});
send({type: 'ready'});

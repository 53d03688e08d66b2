/**
 * Entry point of a thread that owns a replica's process and forwards messages between it and the
 * coordinator.
 */
import {fork, type ChildProcess} from 'node:child_process';
import type {Down, Job, Up} from './messages.js';
import type {ThreadTask} from './thread.js';

interface OwnerTask extends ThreadTask {
  /** Module that the process runs. */
  child: string;
  env: NodeJS.ProcessEnv;
}

/** First messages between owner and process. */
export type Start = {type: 'start'; job: Job};
export type Ready = {type: 'ready'};

/** How long output of the process may take to arrive after it has ended. */
const DRAIN_MS = 2000;

/**
 * Resolves when the process has ended and all its messages are here. @throws if it can't be started
 */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const end = () => resolve(signal ? `signal ${signal}` : `exit code ${code}`);
      if (!child.connected) return end();
      child.once('disconnect', end);
      setTimeout(end, DRAIN_MS).unref();
    });
  });
}

export default async ({port, job, child: file, env}: OwnerTask): Promise<string> => {
  const child = fork(file, [String(process.pid)], {
    env,
    // Not this process's own arguments: with `node -e` each child would run that script again, and
    // launch children. NODE_OPTIONS is passed in the environment.
    execArgv: [],
    // Not JSON, which supports neither NaN nor typed arrays.
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = endOf(child);
  // Messages sent before the process listens are kept. A process that has just died receives
  // nothing, and its end is reported instead.
  const early: Down[] = [];
  let isReady = false;
  const send = (message: Down | Start) => child.connected && child.send(message, () => {});
  port.on('message', (message: Down | {type: 'kill'}) => {
    if (message.type === 'kill') child.kill('SIGKILL');
    else if (isReady) send(message);
    else early.push(message);
  });
  child.on('message', (message: Up | Ready) => {
    if (message.type !== 'ready') return port.postMessage(message);
    isReady = true;
    for (const first of [{type: 'start', job} as const, ...early]) send(first);
  });
  try {
    return await ended;
  } finally {
    port.close();
  }
};

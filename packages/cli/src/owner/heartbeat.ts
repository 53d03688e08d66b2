/** Signs of life of an owner, for machines that can't look at its process. */
import {Worker} from 'node:worker_threads';

/** Milliseconds between two signs of life. */
export const BEAT_MS = 15_000;

/**
 * In a thread: a step is one native call, and may take minutes. The content is written again, and
 * not the time set: on a network disk the time is then the server's, whatever the clocks of the
 * machines are.
 */
const BEATS = `
const {parentPort, workerData: {file, content, everyMs}} = require('node:worker_threads');
const {closeSync, openSync, readFileSync, writeSync} = require('node:fs');
setInterval(() => {
  try {
    if (readFileSync(file, 'utf8') !== content) return parentPort.postMessage('lost');
    const descriptor = openSync(file, 'r+');
    try { writeSync(descriptor, content, 0); } finally { closeSync(descriptor); }
  } catch (error) {
    if (error.code === 'ENOENT') parentPort.postMessage('gone');
  }
}, everyMs);`;

/** Reactions to a lock that is not as it was. */
export interface LockWatch {
  /** It is another process's. Called once. */
  lost: () => void;
  /** Nobody's: it was removed, or its folder was. Called at each sign of life that finds it so. */
  gone: () => void;
}

/**
 * Writes the lock again and again, as long as it is there and ours.
 * @returns what ends it
 */
export function startHeartbeat(
  file: string,
  content: string,
  {lost, gone}: LockWatch,
  everyMs = BEAT_MS,
): () => Promise<unknown> {
  const worker = new Worker(BEATS, {eval: true, workerData: {file, content, everyMs}, execArgv: []});
  worker.unref();
  let isOver = false;
  worker.on('message', (message: 'lost' | 'gone') => {
    if (isOver) return;
    isOver = message === 'lost';
    (isOver ? lost : gone)();
  });
  // Without signs of life the lock holds on this machine all the same.
  worker.on('error', () => {});
  return () => {
    isOver = true;
    return worker.terminate();
  };
}

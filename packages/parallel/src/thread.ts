/** The launching side of a replica that has a piscina thread. */
import {MessageChannel, receiveMessageOnPort, type MessagePort} from 'node:worker_threads';
import {messageOf} from '@rife-train/errors';
import {Piscina} from 'piscina';
import type {Coordinator} from './coordinator.js';
import type {Job, Up} from './messages.js';

/** Task of the thread; `port` leads to the coordinator. */
export interface ThreadTask {
  job: Job;
  port: MessagePort;
}

/** Piscina's message for a thread that ended by itself. */
const EXIT = /^worker exited with code: (\d+)$/;

/** How a thread ended whose function did not return. */
function deathOf(error: unknown): string | Error {
  const code = EXIT.exec(messageOf(error))?.[1];
  if (code !== undefined) return `its thread ended with exit code ${code}`;
  if ((error as NodeJS.ErrnoException)?.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return `its thread ran out of memory: ${messageOf(error)}`;
  return error instanceof Error ? error : new Error(messageOf(error));
}

/**
 * Starts the thread.
 * @param filename module of the thread. Its default function resolves to how the replica ended, for
 *   the case that the replica has not reported it
 */
export function startThread(coordinator: Coordinator, job: Job, filename: string): void {
  const {rank} = job;
  const {port1, port2} = new MessageChannel();
  const receive = (message: Up) => coordinator.receive(rank, message);
  const pool = new Piscina<unknown, string>({filename, minThreads: 1, maxThreads: 1});
  const exited = new Promise(resolve => pool.threads[0]!.once('exit', resolve));
  // An error outside the task also ends the task, and is reported there.
  pool.on('error', () => {});
  port1.on('message', receive);
  const killed = new AbortController();
  coordinator.attach(rank, {
    send: message => port1.postMessage(message),
    kill: () => killed.abort(),
  });
  const end = async (how: string | Error) => {
    // Messages and the end of the task arrive by separate channels; the messages come first.
    for (let left; (left = receiveMessageOnPort(port1));) receive(left.message as Up);
    port1.close();
    await pool.destroy();
    await exited;
    coordinator.gone(rank, how);
  };
  const task: ThreadTask = {job, port: port2};
  const run = async () => pool.run(task, {transferList: [port2], signal: killed.signal});
  void run().then(end, (error: unknown) => end(killed.signal.aborted ? 'it was killed' : deathOf(error)));
}

/** The launching side of a replica that has a process of its own. */
import {execFileSync, fork, type ChildProcess} from 'node:child_process';
import type {Coordinator} from './coordinator.js';
import type {Down, Job, Up} from './messages.js';

/** First messages of the two processes to each other. */
export type Start = {type: 'start'; job: Job};
export type Ready = {type: 'ready'};

/** How long the last messages of a process may take to arrive after its end. */
const DRAIN_MS = 2000;

/**
 * Resolves when the process has ended and its messages have arrived.
 * @throws when it can't be started
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

/** As an argument of setpriv: the kernel kills the process when this one ends. */
const WITH_PARENT = ['--pdeathsig', 'KILL'];

let hasSetpriv: boolean | undefined;

/**
 * How Node is started: by setpriv of util-linux, where that is installed. A replica looks for its
 * parent by itself too, but not while it is stopped.
 */
export function nodeCommand(): {execPath: string; execArgv: string[]} {
  try {
    if (hasSetpriv === undefined) execFileSync('setpriv', [...WITH_PARENT, 'true'], {stdio: 'ignore'});
    hasSetpriv ??= true;
  } catch {
    hasSetpriv = false;
  }
  // No arguments of this process's own: with `node -e` each child would run that script again, and
  // launch children. NODE_OPTIONS is part of the environment.
  return hasSetpriv
    ? {execPath: 'setpriv', execArgv: [...WITH_PARENT, process.execPath]}
    : {execPath: process.execPath, execArgv: []};
}

/**
 * Starts the process.
 * @param file module that it runs
 * @param env its environment
 */
export function startProcess(coordinator: Coordinator, job: Job, file: string, env: NodeJS.ProcessEnv): void {
  const {rank} = job;
  const child = fork(file, [String(process.pid)], {
    env,
    ...nodeCommand(),
    // JSON has neither NaN nor typed arrays.
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  // Messages are kept until the process listens. A process that has just died takes none; its end
  // is reported below.
  const early: Down[] = [];
  let isReady = false;
  const send = (message: Down | Start) => child.connected && child.send(message, () => {});
  child.on('message', (message: Up | Ready) => {
    if (message.type !== 'ready') return coordinator.receive(rank, message);
    isReady = true;
    for (const first of [{type: 'start', job} as const, ...early]) send(first);
  });
  coordinator.attach(rank, {
    send: message => (isReady ? void send(message) : void early.push(message)),
    kill: () => child.kill('SIGKILL'),
  });
  const end = (how: string | Error) => coordinator.gone(rank, how);
  void endOf(child).then(end, end);
}

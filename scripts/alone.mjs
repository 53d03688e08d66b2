/** One set-up of a clone at a time. */
import {createHash} from 'node:crypto';
import {createServer} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

const RETRY_MS = 200;

/**
 * Takes a name that only one process of this machine can have. It is a name of Linux's abstract
 * sockets: the kernel gives it back when the process ends, however it does, and it needs no file,
 * of which node_modules could not be the place. Nothing is ever sent to it.
 * @returns the server that has the name; undefined if another process has it
 */
function take(name) {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy());
    server.once('error', error => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(name, () => resolve(server));
  });
}

/**
 * Runs `work` while no other process does so for the same folder. `work` gets a file descriptor: a
 * child process that inherits it keeps the others waiting, even if its parent is killed.
 * @param waiting called once if there is another one
 */
export async function alone(folder, waiting, work) {
  if (process.platform !== 'linux') return work(undefined);
  const name = `\0rife-train-setup-${createHash('sha256').update(folder).digest('hex')}`;
  let server = await take(name);
  if (!server) waiting();
  for (; !server; server = await take(name)) await sleep(RETRY_MS);
  try {
    return await work(server._handle?.fd);
  } finally {
    server.close();
  }
}

/** Entry point of a replica's thread; see `thread.ts`. */
import {openSharedBlocks} from './blocks.js';
import type {Down} from './messages.js';
import {openReplica} from './replica.js';
import type {ThreadTask} from './thread.js';

export default async ({port, job}: ThreadTask): Promise<string> => {
  const replica = openReplica(job, message => port.postMessage(message), openSharedBlocks);
  port.on('message', (message: Down) => replica.receive(message));
  await replica.ended;
  port.close();
  return 'it ended without a message';
};

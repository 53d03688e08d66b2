/** One process of `rife-train eval --devices`: reads the set again, and scores its share. */
import type {ReplicaContext} from '@rife-train/parallel';
import {closeNetworks, openNetworks} from './networks.js';
import {planOf} from './plan.js';
import {scoreShare, type ShareMessage, type SharePayload} from './scorePairs.js';

/** Entry point; see packages/parallel. */
export default async function replica({rank, count, signal, payload, device, post}: ReplicaContext) {
  const {set, flags, cwd, done} = payload as SharePayload;
  const report = (message: ShareMessage) => post(message);
  const plan = await planOf(set, flags, cwd);
  const own = {...flags, ...(device !== '' && {device})};
  const networks = await openNetworks(own, plan.protocol, cwd, engine => report({engine}));
  try {
    await scoreShare(
      plan,
      own,
      networks,
      new Set(done),
      {rank, count},
      {
        onPair: (frames, cost) => report({frames, cost}),
        onFrame: () => report({made: true}),
        signal,
      },
    );
  } finally {
    await closeNetworks(networks);
  }
}

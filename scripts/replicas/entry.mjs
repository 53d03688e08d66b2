/** A replica of a small run of the real trainer, into which a fault is injected at one rank. */
import {createEngine} from '@rife-train/engine';
import {trainTiny} from '@rife-train/testing';
import {checksumOf, plugin} from '../faults/world.mjs';
import {FAULTS} from './kinds.mjs';

/** Taps that report each replica's progress to the launching process. */
const telling = ({rank, post}) =>
  plugin('tell', ({hooks}) =>
    hooks.afterStep.tap({name: 'tell', stage: 1}, ({progress, updated}) =>
      post({rank, step: progress.step, updated}),
    ),
  );

export default async function replica(context) {
  const {rank, count, group, payload, signal, device} = context;
  const {out, fault, config, resume} = payload;
  const isMine = fault && (fault.rank === rank || fault.rank === undefined);
  const harm = isMine ? [FAULTS[fault.kind](fault)] : [];
  const run = await trainTiny({
    ...{engine: await createEngine({device}), replicas: group, signal, out, resume},
    plugins: [...harm, telling(context)],
    config: {...config, devices: count},
  });
  return {checksum: checksumOf(run.variables), summary: run.summary};
}

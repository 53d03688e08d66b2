/** Faults of a replica: each a plugin that causes it at one step, and what must be reported. */
import * as tf from '@tensorflow/tfjs-core';
import {plugin} from '../faults/world.mjs';

/** Does something at the start of a step. */
const at = (step, act) =>
  plugin('replica', ({hooks}) =>
    hooks.beforeStep.tapPromise('x', async ({progress}) => {
      if (progress.step === step) await act();
    }),
  );

const forEver = () => new Promise(() => {});

function spin() {
  for (;;);
}

/** A loss that is not finite in one step, on one replica: by selection in the graph. */
function notFinite(step) {
  let done = false;
  const isBad = ({step: now}) => {
    if (done || now !== step) return 0;
    done = true;
    return 1;
  };
  return plugin('replica', ({hooks}) =>
    hooks.afterLoss.tap('x', ({terms, weights}, trace) => {
      const bad = trace.scalar('fault.replica', isBad);
      const {reconstruction} = terms;
      const spoiled = tf.where(
        tf.greater(bad, 0.5),
        tf.fill(reconstruction.shape, NaN),
        tf.add(reconstruction, tf.mul(bad, 0)),
      );
      return {terms: {...terms, reconstruction: spoiled}, weights};
    }),
  );
}

/** The plugin of each fault that a replica causes itself. */
export const FAULTS = {
  throws: ({step}) =>
    at(step, () => {
      throw new Error('thrown by one replica');
    }),
  'throws outside its work': ({step}) =>
    at(step, async () => {
      setTimeout(() => {
        throw new Error('thrown outside');
      });
      await forEver();
    }),
  exits: ({step}) => at(step, () => process.exit(7)),
  'is killed': ({step}) => at(step, () => process.kill(process.pid, 'SIGKILL')),
  waits: ({step}) => at(step, forEver),
  spins: ({step}) => at(step, spin),
  'is not finite': ({step}) => notFinite(step),
  // Every replica is slow, so that a signal from outside arrives during the run.
  'is slow': () => plugin('slow', ({hooks}) => hooks.beforeStep.tapPromise('x', () => pause(30))),
};

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

const STUCK = {code: 'RIFE_ERR_PARALLEL_STUCK', named: rank => new RegExp(`\\b${rank}\\b`)};
const DIED = {code: 'RIFE_ERR_PARALLEL_DIED', named: rank => new RegExp(`Replica ${rank} \\(of`)};
const ALL = ['process', 'thread', 'inline'];

/**
 * Cells of the matrix: `launchers` with which it can occur; then either `code` and what the message
 * must show, or `recovers`, or a `signal` to the launching process, sent during the run.
 */
export const KINDS = {
  throws: {launchers: ALL, code: 'RIFE_ERR_PLUGIN', named: rank => new RegExp(`Replica ${rank} \\(of`)},
  'throws outside its work': {
    launchers: ['process', 'thread'],
    named: rank => new RegExp(`Replica ${rank} \\(of`),
  },
  exits: {launchers: ['process', 'thread'], ...DIED},
  'is killed': {launchers: ['process'], ...DIED},
  waits: {launchers: ALL, ...STUCK},
  spins: {launchers: ['process', 'thread'], ...STUCK},
  'is not finite': {launchers: ALL, recovers: true},
  SIGINT: {launchers: ALL, signal: 'SIGINT', fault: 'is slow'},
  SIGTERM: {launchers: ALL, signal: 'SIGTERM', fault: 'is slow'},
  'the command is killed': {launchers: ALL, signal: 'SIGKILL', fault: 'is slow'},
};

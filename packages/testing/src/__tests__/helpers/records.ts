/** Runs that fail, and their flight records. */
import {
  definePlugin,
  readRecord,
  type FlightRecord,
  type LoadedRecord,
  type RifePlugin,
  type TrainerHooks,
} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {findEngines} from '../../conformance/engines.js';
import {trainTiny, type TinyRunOptions} from '../../index.js';
import {inFolder} from '../../tiny/trainTiny.js';

export type Tap<K extends keyof TrainerHooks> = Parameters<TrainerHooks[K]['tap']>[1];

export const plugin = (name: string, afterLoss: Tap<'afterLoss'>): RifePlugin =>
  definePlugin({name, apply: ({hooks}) => hooks.afterLoss.tap(name, afterLoss)});

/** The plugin `test:<name>`, which adds a loss term. */
export const term = (name: string, make: (teacher: tf.Tensor1D, gap: tf.Tensor1D) => tf.Tensor) =>
  plugin(`test:${name}`, ({terms, weights}, trace) => ({
    terms: {...terms, [name]: make(terms['teacher']!, trace.gap) as tf.Tensor1D},
    weights: {...weights, [name]: 1},
  }));

/** Runs until the first flight record, and returns that. */
export async function recordOf(options: Omit<TinyRunOptions, 'engine' | 'out'>): Promise<FlightRecord> {
  return withRecord(options, async ({record}) => record);
}

/** Runs until the first flight record, and does something with it. */
export async function withRecord<T>(
  options: Omit<TinyRunOptions, 'engine' | 'out'>,
  use: (loaded: LoadedRecord) => Promise<T>,
): Promise<T> {
  const {captured: engine} = await findEngines();
  return inFolder(async out => {
    const config = {steps: 1, ...options.config};
    // some plugins stop it
    await trainTiny({...options, config, engine: engine!, out}).catch(() => {});
    const [name] = readdirSync(join(out, 'flight'));
    return use(await readRecord(join(out, 'flight', name!)));
  });
}

/** Its term is the root of a negative number. */
export const HARM = term('harm', teacher => tf.sqrt(tf.sub(teacher, 1e9)));

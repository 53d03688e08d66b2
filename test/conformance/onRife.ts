/** The official plugins on RIFE's own network. */
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {trainTiny, type TinyRun} from '@rife-train/testing';
import type {Engine} from '@rife-train/core';
import {pluginsOf} from './support.js';

type Execution = 'captured' | 'eager';
const engines: Partial<Record<Execution, Engine>> = {};
beforeAll(async () => {
  for (const execution of ['captured', 'eager'] as const)
    engines[execution] = await createEngine({execution});
});

const CONFIG = {
  steps: 2,
  data: {crop: 64, batch: 1},
  model: {name: 'IFNet', widths: [8, 6, 4]},
};
const train = (names: readonly string[], execution: Execution): Promise<TinyRun> =>
  trainTiny({engine: engines[execution]!, createModel, config: CONFIG, plugins: pluginsOf(names)});

/** Log keys that show that a plugin is at work. */
const KEYS: Readonly<Record<string, RegExp>> = {
  distill: /^distill\/weight$/,
  curriculum: /^curriculum\//,
  gradclip: /^gradclip\/factor$/,
  flownorm: /^flownorm\/factor\/block0$/,
};

/** Those whose taps are in the graph; the others meet each other on the tiny network (pairs.test.ts). */
const IN_GRAPH = ['distill', 'gradclip', 'flownorm', 'gainlimit', 'multiscale'];
export const inGraph = (pairs: readonly (readonly [string, string])[]) =>
  pairs.filter(pair => pair.every(name => IN_GRAPH.includes(name)));

/** Two steps with the plugins of each list. */
export function trainOnRife(lists: readonly (readonly string[])[], execution: Execution = 'captured'): void {
  const cases = lists.map(names => [names.join(' and '), names] as const);
  test.each(cases)(`%s, ${execution}`, async (_title, names) => {
    const {steps, variables} = await train(names, execution);
    for (const {updated, loss, gradNorm, logs} of steps) {
      expect(updated).toBe(true);
      expect([loss > 0 && loss < 10, gradNorm > 0]).toEqual([true, true]);
      for (const name of names)
        if (KEYS[name]) expect(Object.keys(logs).some(key => KEYS[name]!.test(key))).toBe(true);
    }
    expect([...variables].filter(([, values]) => !values.every(Number.isFinite))).toEqual([]);
    expect(variables.has('block3.lastconv.weight')).toBe(names.includes('multiscale'));
  });
}

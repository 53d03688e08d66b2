/** The official plugins on RIFE's own networks. */
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {trainTiny, type TinyRun} from '@rife-train/testing';
import type {Engine} from '@rife-train/core';
import {pluginsOf} from './support.js';

type Execution = 'captured' | 'eager';
const engines: Partial<Record<Execution, Engine>> = {};
beforeAll(async () => {
  for (const execution of ['captured', 'eager'] as const)
    engines[execution] = await createEngine({execution});
});

/** Narrow ones. */
const OPTIONS = {
  IFNet: {name: 'IFNet', widths: [8, 6, 4]},
  RIFE4: {name: 'RIFE4', version: '4.25', scales: [], widths: [8, 6, 4, 4, 4]},
};
type NetworkName = keyof typeof OPTIONS;

function train(names: readonly string[], execution: Execution, network: NetworkName): Promise<TinyRun> {
  const config = {steps: 2, data: {crop: 64, batch: 1}, model: OPTIONS[network]};
  return trainTiny({engine: engines[execution]!, networks: NETWORKS, config, plugins: pluginsOf(names)});
}

/** Log keys that show that a plugin is active. */
const KEYS: Readonly<Record<string, RegExp>> = {
  distill: /^distill\/weight$/,
  curriculum: /^curriculum\//,
  gradclip: /^gradclip\/factor$/,
  flownorm: /^flownorm\/factor\/block0$/,
};

/**
 * Plugins whose taps are in the graph; the others are combined on the tiny network (pairs.test.ts).
 */
const IN_GRAPH = ['distill', 'gradclip', 'flownorm', 'gainlimit', 'ema', 'multiscale'];
export const inGraph = (pairs: readonly (readonly [string, string])[]) =>
  pairs.filter(pair => pair.every(name => IN_GRAPH.includes(name)));

/** Two steps with the plugins of each list. */
export function trainOnRife(
  lists: readonly (readonly string[])[],
  execution: Execution = 'captured',
  network: NetworkName = 'IFNet',
): void {
  const cases = lists.map(names => [names.join(' and '), names] as const);
  test.each(cases)(`%s, ${network}, ${execution}`, async (_title, names) => {
    const {steps, variables} = await train(names, execution, network);
    for (const {updated, loss, gradNorm, logs} of steps) {
      expect(updated).toBe(true);
      expect([loss > 0 && loss < 10, gradNorm > 0]).toEqual([true, true]);
      for (const name of names)
        if (KEYS[name]) expect(Object.keys(logs).some(key => KEYS[name]!.test(key))).toBe(true);
    }
    expect([...variables].filter(([, values]) => !values.every(Number.isFinite))).toEqual([]);
    if (network === 'IFNet')
      expect(variables.has('block3.lastconv.weight')).toBe(names.includes('multiscale'));
  });
}

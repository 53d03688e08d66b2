/**
 * The output of a run from weights of three stages is that of the network without
 * plugin-multiscale.
 */
import type {ModelOptions} from '@rife-train/core';
import {specsOf} from '@rife-train/model/weights';
import type {MultiscaleOptions} from '@rife-train/plugin-multiscale';
import {farthest, trainOn, weightsFile, type Seen} from './multiscaleSupport.js';

/** From networks without the plugin, by options. */
const stock = new Map<string, {file: string; seen: Promise<Seen>}>();
export function stockOf(model: ModelOptions) {
  const key = JSON.stringify(model);
  if (!stock.has(key)) {
    const file = weightsFile(model);
    stock.set(key, {file, seen: trainOn({model, init: file})});
  }
  return stock.get(key)!;
}

const stockTensors = (model: ModelOptions) => specsOf(model).length;

/** The plugin's message at the start of a run of RIFE's size with two more stages. */
const REPORT = [
  '[rife:multiscale] parameters: 19,605,265 (+83.1 %, 10,708,215 without this plugin)',
  '[rife:multiscale] multiply-adds per pixel, forward: training 173,676 (+3.4 %, 168,010 without this plugin); ' +
    'prediction 132,473 (+4.5 %, 126,807 without this plugin)',
  '[rife:multiscale] block0 to block2 of the weights are block2 to block4 here',
];

/** Name, options of the plugin, and the network that the weights are of. */
export type OutputCase = readonly [string, MultiscaleOptions, ModelOptions];

export function outputsStay(cases: readonly OutputCase[]): void {
  test.each(cases)('%s', async (_, options, model) => {
    const {file, seen} = stockOf(model);
    const [without, having] = [await seen, await trainOn({options, model, init: file})];
    // Bit for bit where it was measured; a processor that sums 17 channels in another order than 6
    // may round differently.
    for (const what of ['refined', 'flow', 'mask'] as const) {
      const [got, expected] = [having, without].map(run => run.predicted![what].values as Float32Array);
      expect([what, farthest(got!, expected!) < 1e-6]).toEqual([what, true]);
    }
    const [now, before] = [having.steps[0]!, without.steps[0]!];
    for (const term of ['reconstruction', 'teacher'])
      expect(Math.abs(now.terms[term]! - before.terms[term]!)).toBeLessThan(1e-6);
    expect(before.maxFlow).toBeGreaterThan(0.5);
    expect(having.lines).toContain(`${stockTensors(model)} of ${stockTensors(model)} tensors fit`);
    if (model.widths?.[0] === 240) expect(having.lines).toEqual(expect.arrayContaining(REPORT));
  });
}

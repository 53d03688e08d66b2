/**
 * The kit on a network of a third party (examples/custom-network), which shares no layer name and
 * only one loss term with RIFE's.
 */
import {definePlugin} from '@rife-train/core';
import {conformance, type ConformanceOptions} from '@rife-train/testing';
import {gradClip} from '@rife-train/plugin-gradclip';
import {quarterFlow} from '../../examples/custom-network/src/index.js';

const OWN: ConformanceOptions = {
  networks: [quarterFlow],
  config: {data: {crop: 64, batch: 1}, model: {name: 'QuarterFlow'}},
};

conformance(() => gradClip({maxNorm: 0.05}), {
  ...OWN,
  only: [
    'captured equals eager',
    'keeps NaN visible in the loss',
    'predicts the same, or says that it does not',
  ],
});

describe('beside the official plugins', () => {
  const tests = new Map<string, () => Promise<void>>();
  conformance(() => definePlugin({name: 'test:nothing', apply: () => {}}), {
    ...OWN,
    only: [],
    official: true,
    globals: {describe: (_, define) => define(), test: (name, run) => void tests.set(name, run)},
  });
  const REFUSES = {
    distill: 'needs loss term "distill", which does not exist. There are "reconstruction"',
    multiscale: 'option "stages" must be used with IFNet or IFNet_m; the network is QuarterFlow',
  };

  async function printedBy(name: string): Promise<string> {
    let printed = '';
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(text => {
      printed += String(text);
      return true;
    });
    await tests.get(`trains beside rife:${name}`)!().finally(() => write.mockRestore());
    return printed;
  }

  test('gainlimit trains on any convolutions', async () => {
    expect(await printedBy('gainlimit')).toBe('');
  });

  test.each(Object.entries(REFUSES))('%s refuses the network, and the kit prints why', async (name, why) => {
    const printed = await printedBy(name);
    expect(printed).toContain(`conformance: not tried beside rife:${name}: `);
    expect(printed).toContain(why);
  });
});

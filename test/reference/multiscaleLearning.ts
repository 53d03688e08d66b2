/**
 * The additions of plugin-multiscale learn over some steps, captured as eager, resumed as
 * uninterrupted.
 */
import type {MultiscaleOptions} from '@rife-train/plugin-multiscale';
import {
  farthest,
  SMALL,
  trainOn,
  weightsAt,
  weightsFile,
  type RunSetup,
  type Seen,
} from './multiscaleSupport.js';

const STEPS = 4;

/**
 * @param withInit from weights of three stages; else from fresh ones
 * @returns the whole run, for further checks
 */
export function additionsLearn(options: MultiscaleOptions, withInit: boolean): () => Promise<Seen> {
  const init = withInit ? weightsFile(SMALL) : '';
  const run = (setup: RunSetup = {}) => trainOn({options, init, config: {saveEvery: 2, keep: 9}, ...setup});

  let made: Promise<Seen> | undefined;
  const wholeRun = () => (made ??= run({steps: STEPS}));

  test('every tensor that was added moves, and not by weight decay alone', async () => {
    const whole = await wholeRun();
    expect(whole.steps.every(({updated}) => updated)).toBe(true);
    const [before, after] = [weightsAt(whole.out, 0), weightsAt(whole.out, STEPS)];
    const added = [...before.keys()].filter(name => /^block[01]\.|\.(dilated|large|fusion)\./.test(name));
    expect(added.length).toBeGreaterThan(80);
    for (const name of added) {
      const [start, end] = [before.get(name)!, after.get(name)!];
      // Weight decay takes a millionth of a weight a step here. What is deep in a block gets small
      // gradients in its first steps.
      const moved = Float32Array.from(end, (x, i) => x - start[i]! * (1 - 1e-6) ** STEPS);
      expect([name, farthest(moved, new Float32Array(moved.length)) > 1e-6]).toEqual([name, true]);
    }
    for (const block of ['block0', 'block1']) {
      const [start, end] = [before, after].map(weights => weights.get(`${block}.lastconv.weight`)!);
      expect(start!.every(x => x === 0)).toBe(true);
      expect(farthest(end!, start!)).toBeGreaterThan(1e-3);
    }
  });

  test('captured equals eager', async () => {
    const [whole, eager] = [await wholeRun(), await run({steps: 2, execution: 'eager'})];
    eager.steps.forEach((expected, i) => {
      const got = whole.steps[i]!;
      for (const [term, value] of Object.entries(expected.terms))
        expect([i, term, Math.abs(got.terms[term]! / value - 1) < 1e-4]).toEqual([i, term, true]);
      expect(Math.abs(got.gradNorm / expected.gradNorm - 1)).toBeLessThan(1e-3);
    });
    for (const what of ['refined', 'flow', 'mask'] as const) {
      const [a, b] = [whole, eager].map(seen => seen.predicted![what].values as Float32Array);
      expect(farthest(a!, b!)).toBeLessThan(1e-5);
    }
  });

  test('a resumed run is the uninterrupted one, to the bit; the weights hook does not fire again', async () => {
    const whole = await wholeRun();
    const {out} = await run({steps: 2, predict: false});
    const resumed = await run({steps: STEPS, out, resume: true});
    const [expected, got] = [whole.out, out].map(folder => weightsAt(folder, STEPS));
    expect([...got!.keys()]).toEqual([...expected!.keys()]);
    const differing = [...got!].filter(([name, values]) => farthest(values, expected!.get(name)!) !== 0);
    expect(differing.map(([name]) => name)).toEqual([]);
    expect(resumed.lines.some(line => line.includes('of the weights are'))).toBe(false);
  });
  return wholeRun;
}

/**
 * Twenty AdamW steps of the whole trainer, on the weights and frames of the fixtures, captured and
 * eager, against the reference's own in float64: loss terms, gradients of the first step, losses
 * along the way, parameters. docs/exactness.md explains the bounds.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {
  fixtureWeights,
  gradientsOutside,
  lossesOutside,
  normOf,
  outside,
  sampledIndices,
  type Standing,
} from '@rife-train/testing';
import {
  type Execution,
  loadRun,
  type OurRun,
  type RecordedRun,
  relative,
  trainAsRecorded,
} from './support.js';

// Copied from the global object once: in jest's sandbox each look-up there costs more than the
// arithmetic.
const {abs} = Math;

interface RecordedStep {
  grads: Record<string, {max: number; norm_f64: number; val_f64: number[]}>;
  standing: {moves: Standing};
}
const FORWARD = join(__dirname, '../../packages/model/src/__tests__/fixtures');

/** Gradients of the first step in float64, and its elements at thresholds. */
function loadFirstStep(tag: string) {
  const recorded = JSON.parse(readFileSync(join(FORWARD, `forward_${tag}.json`), 'utf8')) as RecordedStep;
  const grads = Object.entries(recorded.grads).map(
    ([name, {max, norm_f64: norm, val_f64: val}]) => [name, {norm, max, val}] as const,
  );
  return {grads: Object.fromEntries(grads), standing: recorded.standing.moves};
}

/**
 * |p - p_f64| / |p_f64 - p_start| over all parameters as one vector, estimated from 16 entries of
 * each: an entry represents 1/16 of its tensor. bench/exact compares all of them.
 */
function updateError(run: OurRun, recorded: RecordedRun, steps: string): number {
  const start = fixtureWeights(run.model);
  const [error, moved] = [[], []] as [number[], number[]];
  for (const [name, {val_f64: exact}] of Object.entries(recorded.parameters[steps]!)) {
    const values = run.parameters.get(Number(steps))!.get(name)!;
    const weight = Math.sqrt(values.length / exact.length);
    sampledIndices(name, values.length).forEach((at, j) => {
      error.push(weight * (values[at]! - exact[j]!));
      moved.push(weight * (exact[j]! - start.get(name)![at]!));
    });
  }
  return normOf(error) / normOf(moved);
}

/** A fixture, how it is trained, and for how many of its twenty steps. */
export type TrainingCase = readonly [tag: string, execution: Execution, steps: number];

/** Compares the steps of each with the reference's. */
export function trainsAsTheReference(cases: readonly TrainingCase[]): void {
  describe.each(cases)('%s, %s', (tag, execution, steps) => {
    const recorded = loadRun(tag);
    let run: OurRun;
    beforeAll(async () => {
      run = await trainAsRecorded({...recorded, steps}, execution);
    });

    test('loss terms of the first step', () => {
      const {terms, loss: total} = run.steps[0]!;
      expect(Object.keys(terms)).toEqual(['reconstruction', 'teacher', 'distill']);
      const {standing} = loadFirstStep(tag);
      expect(lossesOutside('step', {...terms, total}, recorded.runs.f64[0]!, standing)).toEqual([]);
    });

    test("the first step's gradient of every parameter, norm and samples", () => {
      const {grads, standing} = loadFirstStep(tag);
      expect(gradientsOutside('step', run.gradients, grads, {standing})).toEqual([]);
    });

    test(`losses of ${steps} steps`, () => {
      const errors = run.steps.map(({loss}, i) => relative(loss, recorded.runs.f64[i]!.total));
      expect(errors).toHaveLength(steps);
      expect(outside('training: first four losses', Math.max(...errors.slice(0, 4)), tag)).toEqual([]);
      expect(outside('training: twenty losses', Math.max(...errors), tag)).toEqual([]);
    });

    const known = Object.keys(recorded.parameters).filter(done => Number(done) <= steps);
    test.each(known)('parameters after %s steps', done => {
      const wrong = Object.entries(recorded.parameters[done]!).flatMap(
        ([name, {norm: expected, absmean}]) => {
          const values = run.parameters.get(Number(done))!.get(name)!;
          let sum = 0;
          for (let i = 0; i < values.length; i++) sum += abs(values[i]!);
          const error = Math.max(relative(normOf(values), expected), relative(sum / values.length, absmean));
          return outside('training: parameters', error, name);
        },
      );
      expect(wrong).toEqual([]);
      expect(outside('training: update error', updateError(run, recorded, done), tag)).toEqual([]);
    });
  });
}

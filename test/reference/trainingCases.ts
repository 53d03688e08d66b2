/**
 * Twenty AdamW steps of the whole trainer, on the weights and frames of the fixtures, captured and eager, against the reference's
 * own: loss terms, gradients of the first step, losses along the way, parameters. docs/exactness.md explains the bounds.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fixtureWeights, sampledIndices} from '@rife-train/testing';
import {isClose, loadRun, norm, type OurRun, type RecordedRun, relative, trainAsRecorded} from './support.js';

// Taken out of the global object once: in jest's sandbox each look-up there costs more than the arithmetic.
const {abs} = Math;

const TERMS = {reconstruction: 'loss_l1', teacher: 'loss_tea', distill: 'loss_distill'} as const;

interface RecordedGradients {
  grads: Record<string, {norm: number; val: number[]}>;
}
const FORWARD = join(__dirname, '../../packages/model/src/__tests__/fixtures');
const loadGradients = (tag: string) =>
  (JSON.parse(readFileSync(join(FORWARD, `forward_${tag}.json`), 'utf8')) as RecordedGradients).grads;

/**
 * |p - p_f64| / |p_f64 - p_start| over all parameters as one vector, estimated from 16 entries of each: an entry stands for
 * 1/16 of its tensor. bench/exact compares all of them.
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
  return norm(error) / norm(moved);
}

/** A fixture, how it is trained, and for how many of its twenty steps. */
export type TrainingCase = readonly [tag: string, execution: 'captured' | 'eager', steps: number];

/** Holds the steps of each against the reference's. */
export function trainsAsTheReference(cases: readonly TrainingCase[]): void {
  describe.each(cases)('%s, %s', (tag, execution, steps) => {
    const recorded = loadRun(tag);
    let run: OurRun;
    beforeAll(async () => {
      run = await trainAsRecorded({...recorded, steps}, execution);
    });

    test('loss terms of the first step', () => {
      const {f32} = recorded.runs;
      expect(Object.keys(run.steps[0]!.terms)).toEqual(Object.keys(TERMS));
      for (const [term, name] of Object.entries(TERMS))
        expect(relative(run.steps[0]!.terms[term]!, f32[0]![name])).toBeLessThan(1e-5);
    });

    test("the first step's gradient of every parameter, norm and samples", () => {
      const wrong: string[] = [];
      const grads = Object.entries(loadGradients(tag));
      expect(grads.map(([name]) => name)).toEqual([...run.gradients.keys()]);
      for (const [name, {norm: expected, val}] of grads) {
        const values = run.gradients.get(name)!;
        if (!isClose(norm(values), expected)) wrong.push(`${name}: norm ${norm(values)}, not ${expected}`);
        sampledIndices(name, values.length).forEach((at, j) => {
          if (!isClose(values[at]!, val[j]!)) wrong.push(`${name}[${at}]: ${values[at]}, not ${val[j]}`);
        });
      }
      expect(wrong).toEqual([]);
    });

    test(`losses of ${steps} steps`, () => {
      const errors = run.steps.map(({loss}, i) => relative(loss, recorded.runs.f32[i]!.total));
      expect(errors).toHaveLength(steps);
      expect(Math.max(...errors.slice(0, 4))).toBeLessThan(1e-5);
      expect(Math.max(...errors)).toBeLessThan(1e-3);
    });

    const known = Object.keys(recorded.parameters).filter(done => Number(done) <= steps);
    test.each(known)('parameters after %s steps', done => {
      for (const [name, {norm: expected, absmean}] of Object.entries(recorded.parameters[done]!)) {
        const values = run.parameters.get(Number(done))!.get(name)!;
        let sum = 0;
        for (let i = 0; i < values.length; i++) sum += abs(values[i]!);
        const mean = sum / values.length;
        expect([name, relative(norm(values), expected) < 1e-3]).toEqual([name, true]);
        expect([name, relative(mean, absmean) < 1e-3]).toEqual([name, true]);
      }
      expect(updateError(run, recorded, done)).toBeLessThan(3e-2);
    });
  });
}

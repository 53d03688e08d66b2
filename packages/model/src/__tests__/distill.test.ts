/**
 * The distillation term and its options against a formula in plain JavaScript, and where gradients
 * of it run.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {FlowTap, Model, ModelOptions, NamedTensors} from '@rife-train/core';
import {loadRuntime} from '@rife-train/engine/runtime';
import {seededRandom} from '@rife-train/testing';
import type {DistillTermOptions} from '../options.js';
import type {Estimate} from '../ifNet.js';
import {createModel} from '../index.js';
import {distillTerm, largestFlow} from '../losses.js';

const SMALL = {name: 'IFNet', scales: [4, 2, 1], widths: [8, 8, 8]};
const noTap: FlowTap = flow => flow;
const list = (x: tf.Tensor) => [...x.dataSync()];

beforeAll(async () => {
  await loadRuntime();
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

describe('the term', () => {
  const [B, P] = [2, 6]; // samples, pixels of each
  const random = seededRandom(3);
  const values = (channels: number, factor: number) =>
    Array.from({length: B * P * channels}, () => Math.fround(factor * (random() - 0.5)));
  const image = (of: number[], channels: number) => tf.tensor4d(of, [B, 2, 3, channels]);
  const raw = () => ({flow: values(4, 8), merged: values(3, 0.2)});
  const [students, teacher, gt] = [[raw(), raw(), raw()], raw(), values(3, 0.2)];
  const estimate = ({flow, merged}: ReturnType<typeof raw>) =>
    ({flow: image(flow, 4), merged: image(merged, 3)}) as Estimate;

  const pixelError = (merged: number[], pixel: number) =>
    [0, 1, 2].reduce((sum, c) => sum + Math.abs(merged[pixel * 3 + c]! - gt[pixel * 3 + c]!), 0) / 3;
  const distance = (flow: number[], pixel: number) =>
    Math.hypot(...[0, 1, 2, 3].map(c => teacher.flow[pixel * 4 + c]! - flow[pixel * 4 + c]!)) / 2;
  /**
   * By hand: how far each student's flow is from the teacher's, where the teacher's frame is
   * better.
   */
  function byHand(margin: number, stages: number[]) {
    const pixels = (sample: number) => Array.from({length: P}, (_, i) => sample * P + i);
    const part = ({flow, merged}: ReturnType<typeof raw>, sample: number) =>
      pixels(sample)
        .filter(pixel => pixelError(merged, pixel) > pixelError(teacher.merged, pixel) + margin)
        .reduce((sum, pixel) => sum + distance(flow, pixel), 0) / P;
    return [0, 1].map(sample => students.reduce((sum, s, i) => sum + stages[i]! * part(s, sample), 0));
  }
  const computed = (options?: DistillTermOptions) =>
    list(distillTerm(students.map(estimate), estimate(teacher), image(gt, 3), options));

  test.each<[DistillTermOptions | undefined, number, number[]]>([
    [undefined, 0.01, [1, 1, 1]],
    [{margin: 0}, 0, [1, 1, 1]],
    [{margin: 0.03}, 0.03, [1, 1, 1]],
    [{stages: [0.25, 0, 2]}, 0.01, [0.25, 0, 2]],
    [{root: 'reference', stages: [0, 0, 1]}, 0.01, [0, 0, 1]],
  ])('with %j', (options, margin, stages) => {
    const expected = byHand(margin, stages);
    expect(Math.min(...expected)).toBeGreaterThan(0);
    computed(options).forEach((value, sample) => expect(value).toBeCloseTo(expected[sample]!, 5));
  });

  test('a margin above every error leaves nothing', () => {
    expect(computed({margin: 10})).toEqual([0, 0]);
  });

  test('a stage of factor 0 is left out, with the NaN that is in it', () => {
    const broken = {...students[1]!, flow: students[1]!.flow.map(() => NaN)};
    const term = (stages?: number[]) =>
      list(
        distillTerm(
          [students[0]!, broken, students[2]!].map(estimate),
          estimate(teacher),
          image(gt, 3),
          stages && {stages},
        ),
      );
    expect(term()).toEqual([NaN, NaN]);
    expect(term([1, 0, 1])).toEqual(computed({stages: [1, 0, 1]}));
  });
});

function parametersOf(model: Model): NamedTensors {
  const fresh = model.initialize(1);
  return Object.fromEntries(
    model.parameters.map(({name, shape}) => [name, tf.tensor(fresh.get(name)!, [...shape])]),
  );
}

const batch = () => ({
  images: tf.randomUniform([1, 64, 64, 9], 0, 1, 'float32', 6) as tf.Tensor4D,
  gap: tf.ones([1]) as tf.Tensor1D,
  timestep: tf.fill([1], 0.5) as tf.Tensor1D,
});

/** Terms, and the gradients of their sum (or of one alone), by parameter. */
function step(distill: DistillTermOptions | undefined, change: NamedTensors = {}, only?: string) {
  const model = createModel(distill ? {...SMALL, distill} : SMALL);
  const parameters = {...parametersOf(model), ...change};
  const names = Object.keys(parameters);
  let terms: Record<string, number> = {};
  const f = () => {
    const losses = model.losses(parameters, batch(), noTap);
    terms = Object.fromEntries(Object.entries(losses.terms).map(([name, term]) => [name, list(term)[0]!]));
    return tf.sum<tf.Scalar>(only ? losses.terms[only]! : tf.addN(Object.values(losses.terms)));
  };
  const {grads} = tf.engine().gradients(f, Object.values(parameters), undefined, true);
  const gradients: Gradient[] = grads.map((grad: tf.Tensor | null, i) => [
    names[i]!,
    grad ? (grad.dataSync() as Float32Array) : new Float32Array(),
  ]);
  return {terms, gradients};
}

type Gradient = readonly [name: string, values: Float32Array];
const bytesOf = ({buffer, byteOffset, byteLength}: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);
/**
 * Names of gradients that differ in a bit. Compared here: jest would take seconds for so many
 * numbers.
 */
const differing = (a: readonly Gradient[], b: readonly Gradient[]) =>
  a
    .filter(([name, values], i) => name !== b[i]![0] || !bytesOf(values).equals(bytesOf(b[i]![1])))
    .map(([name]) => name);

const isStudents = (name: string) => /^block\d/.test(name);

test('the defaults, written out, are the stock network to the bit', () => {
  const stock = step(undefined);
  const written = {margin: 0.01, root: 'safe', stages: [1, 1, 1], teacherInput: 'live'} as const;
  for (const distill of [{}, written]) {
    const {terms, gradients} = step({...distill} as DistillTermOptions);
    expect(terms).toEqual(stock.terms);
    expect(gradients).toHaveLength(stock.gradients.length);
    expect(differing(gradients, stock.gradients)).toEqual([]);
  }
});

describe('a teacher whose flow equals the student (its head starts from 0)', () => {
  const still = () => ({
    'block_tea.lastconv.weight': tf.zeros([4, 4, 5, 8]),
    'block_tea.lastconv.bias': tf.zeros([5]),
  });
  const broken = (root: 'safe' | 'reference') =>
    step({root}, still())
      .gradients.filter(([, values]) => values.some(Number.isNaN))
      .map(([name]) => name);

  test("with the reference's root every gradient of every student is NaN, and no other", () => {
    const names = broken('reference');
    expect(names).toHaveLength(96);
    expect(names.every(isStudents)).toBe(true);
  });

  test('with the safe one none is, and the terms are the same', () => {
    expect(broken('safe')).toEqual([]);
    expect(step({root: 'safe'}, still()).terms).toEqual(step({root: 'reference'}, still()).terms);
  });
});

test("teacherInput 'detached' ends the gradient of the teacher's loss at the teacher, and changes no value", () => {
  const [live, cut] = (['live', 'detached'] as const).map(teacherInput =>
    step({teacherInput}, {}, 'teacher'),
  );
  const moves = ([, values]: Gradient) => values.some(x => x !== 0);
  expect(cut!.terms).toEqual(live!.terms);
  expect(live!.gradients.filter(([name]) => isStudents(name)).some(moves)).toBe(true);
  expect(cut!.gradients.filter(([name]) => isStudents(name)).filter(moves)).toEqual([]);
  const teachers = (run: typeof live) => run!.gradients.filter(([name]) => name.startsWith('block_tea'));
  expect(differing(teachers(cut), teachers(live))).toEqual([]);
  expect(teachers(cut).some(moves)).toBe(true);
});

test.each<[string, unknown]>([
  ['distill', 3],
  ['distill.margn', {margn: 1}],
  ['distill.margin', {margin: -1}],
  ['distill.margin', {margin: NaN}],
  ['distill.root', {root: 'none'}],
  ['distill.teacherInput', {teacherInput: 'dead'}],
  ['distill.stages', {stages: [1, 1]}],
  ['distill.stages', {stages: [0, 0, 0]}],
  ['distill.stages', {stages: [1, 1, -1]}],
])('refuses %s of %j', (option, distill) => {
  expect(() => createModel({...SMALL, distill} as ModelOptions)).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_MODEL_OPTION',
      message: expect.stringContaining(`"model.${option}"`) as string,
    }),
  );
});

test('the largest flow is NaN wherever one is: vector instructions must not drop it', () => {
  for (const shape of [
    [1, 8, 8, 4],
    [2, 33, 17, 4],
  ] as [number, number, number, number][])
    for (const at of [0, 1, 7, 63, 200]) {
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
      values[at] = NaN;
      const [broken, whole] = [tf.tensor4d(values, shape), tf.ones(shape)].map(flow => ({flow}) as Estimate);
      for (const estimates of [[broken!], [broken!, whole!], [whole!, broken!]])
        expect(list(largestFlow(estimates))).toEqual([NaN]);
      expect(list(largestFlow([whole!]))).toEqual([1]);
    }
});

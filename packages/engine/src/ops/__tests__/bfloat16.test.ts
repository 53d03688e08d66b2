/**
 * Convolutions in bfloat16: values and gradients are those of float32 for rounded inputs, rounded;
 * in both ways, captured and eager.
 */
import type {Program} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {missingBfloat16Kernels, seededRandom} from '@rife-train/testing';
import {chooseBfloat16, modeNote, type Bfloat16Way} from '../../bfloat16/kernels.js';
import {CapturedProgram, EagerProgram, loadRuntime} from '../../index.js';
import type {NodeBackend} from '../../runtime/nodeBackend.js';
import {conv2d, deconv, dilatedConv2d, inFloat32, pointwiseConv2d} from '../index.js';

type Op = (x: tf.Tensor4D, weight: tf.Tensor4D, bias: tf.Tensor1D) => tf.Tensor4D;
const X = [2, 8, 10, 5];
const CASES: [name: string, op: Op, weight: number[], bias: number][] = [
  ['conv2d', (x, w, b) => conv2d(x, w, b), [3, 3, 5, 7], 7],
  ['conv2d, stride 2', (x, w, b) => conv2d(x, w, b, 2), [3, 3, 5, 7], 7],
  ['deconv', (x, w, b) => deconv(x, w, b), [4, 4, 6, 5], 6],
  ['pointwise', (x, w, b) => pointwiseConv2d(x, w, b), [1, 1, 5, 7], 7],
  ['dilated', (x, w, b) => dilatedConv2d(x, w, b, 2), [3, 3, 5, 7], 7],
];
const missing = missingBfloat16Kernels();
if (missing !== undefined) console.warn(`bf16 kernels are not tested: ${missing}`);
const WAYS: Bfloat16Way[] = missing === undefined ? ['rounded', 'kernels'] : ['rounded'];

let backend: NodeBackend;
beforeAll(async () => void (backend = await loadRuntime()));

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** The nearest bfloat16; of two, the even one. */
function rounded(values: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return new Float32Array(bits.map(b => (((b + 0x7fff + ((b >>> 16) & 1)) >>> 16) << 16) >>> 0).buffer);
}

function inputsOf(weight: number[], bias: number, out?: readonly number[]) {
  const random = seededRandom(7);
  const values = (size: number) => Float32Array.from({length: size}, () => random() * 2 - 1);
  return {
    x: values(sizeOf(X)),
    w: values(sizeOf(weight)),
    b: values(bias),
    dy: out ? values(sizeOf(out)) : new Float32Array(0),
  };
}
type Inputs = ReturnType<typeof inputsOf>;

/** Value and gradients of an op for a gradient `dy` of its value. */
async function run(program: Program, op: Op, shapes: Record<keyof Inputs, readonly number[]>, given: Inputs) {
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, {shape, dtype: 'float32' as const}]),
  );
  program.define('op', {
    feeds,
    build(graph) {
      const [x, w, b] = [graph.feed('x'), graph.feed('w'), graph.feed('b')];
      const dy = graph.feed('dy');
      const f = op as unknown as (...inputs: tf.Tensor[]) => tf.Tensor;
      const y = f(x, w, b);
      const [dx, dw, db] = tf.grads(f)([x, w, b], dy);
      return {y, dx: dx!, dw: dw!, db: db!};
    },
  });
  const out = await program.run('op', given);
  program.dispose();
  return out;
}

const programs = (bf16?: Bfloat16Way): [string, () => Program][] => [
  ['captured', () => new CapturedProgram(backend, [], {device: '', bf16})],
  ['eager', () => new EagerProgram([], bf16)],
];

describe.each(CASES)('%s', (_name, op, weight, bias) => {
  const y = () => tf.tidy(() => op(tf.zeros(X as never), tf.zeros(weight as never), tf.zeros([bias])).shape);

  test('float32 for rounded inputs, rounded', async () => {
    const out = y();
    const shapes = {x: X, w: weight, b: [bias], dy: out};
    const given = inputsOf(weight, bias, out);
    const {b} = given;
    const plain = programs()[0]![1];
    // The bias is added in float32, after the convolution has been rounded.
    const all = {x: rounded(given.x), w: rounded(given.w), b: new Float32Array(bias), dy: rounded(given.dy)};
    const exact = await run(plain(), op, shapes, all);
    const biased = rounded(exact['y']!.values).map((value, i) => Math.fround(value + b[i % bias]!));
    const expected = {y: biased, dx: rounded(exact['dx']!.values), dw: rounded(exact['dw']!.values)};
    for (const way of WAYS)
      for (const [how, make] of programs(way)) {
        const got = await run(make(), op, shapes, given);
        for (const [name, values] of Object.entries(expected)) {
          const most = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
          // Where float32 is between two bfloat16, the order of additions decides.
          const other = values.filter((value, i) => value !== got[name]!.values[i]);
          expect([how, way, name, other.length / values.length < 0.01]).toEqual([how, way, name, true]);
          values.forEach((value, i) =>
            expect(Math.abs(value - got[name]!.values[i]!)).toBeLessThanOrEqual(most * 2 ** -8),
          );
        }
        // The bias' gradient sees dy as it is.
        const exactly = Array.from({length: bias}, (__, c) =>
          given.dy.reduce((sum, value, i) => (i % bias === c ? sum + value : sum), 0),
        );
        exactly.forEach((value, i) => expect(got['db']!.values[i]).toBeCloseTo(value, 4));
      }
  });
});

test('inFloat32 has the bits of a program in float32, forward and backward', async () => {
  const [, op, weight, bias] = CASES[0]!;
  const out = [2, 8, 10, 7];
  const shapes = {x: X, w: weight, b: [bias], dy: out};
  const given = inputsOf(weight, bias, out);
  const exactly: Op = (...inputs) => inFloat32(() => op(...inputs));
  for (const i of [0, 1]) {
    const plain = await run(programs()[i]![1](), op, shapes, given);
    expect(await run(programs('rounded')[i]![1](), exactly, shapes, given)).toEqual(plain);
  }
});

test('a captured program casts what it uses more than once, once', async () => {
  const weight = [3, 3, 5, 5];
  const build = (times: number) => {
    const program = new CapturedProgram(backend, [{name: 'w', shape: weight}], {device: '', bf16: 'rounded'});
    program.define('op', {
      feeds: {x: {shape: X, dtype: 'float32'}},
      build(graph) {
        let y = graph.feed('x') as tf.Tensor4D;
        for (let i = 0; i < times; i++) y = conv2d(y, graph.read('w') as tf.Tensor4D, tf.zeros([5]));
        return {y};
      },
    });
    const {nodes} = program.compile();
    program.dispose();
    return nodes;
  };
  // Convolution, bias, two casts of the input and two of the output; none of the weights.
  expect(build(3) - build(2)).toBe(6);
});

const AMX = 'vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512f avx512_bf16 amx_bf16 amx_tile\n';
const INTEL = 'vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512f avx512_bf16\n';
const ZEN4 = 'vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx512f avx512_bf16\n';
test.each([
  [AMX, {}, false, 'kernels', undefined],
  [ZEN4, {}, false, 'kernels', undefined],
  [INTEL, {}, false, 'rounded', /neither AMX/],
  ['', {}, false, 'rounded', /neither AMX/],
  ['', {}, true, 'kernels', undefined],
  [AMX, {TF_ENABLE_ONEDNN_OPTS: '0'}, false, 'rounded', /oneDNN is switched off/],
  [AMX, {ONEDNN_MAX_CPU_ISA: 'AVX2'}, false, 'rounded', /limited to AVX2/],
  [AMX, {ONEDNN_MAX_CPU_ISA: 'AVX512_CORE_AMX'}, false, 'kernels', undefined],
  [INTEL, {RIFE_TRAIN_BF16_KERNELS: '1'}, false, 'kernels', undefined],
  [AMX, {RIFE_TRAIN_BF16_KERNELS: '0'}, false, 'rounded', undefined],
] as const)('%j with %j: the faster way that is exact', (cpuinfo, env, isGpu, way, note) => {
  const choice = chooseBfloat16({cpuinfo, env, isGpu});
  expect(choice.way).toBe(way);
  if (note) expect(choice.note).toMatch(note);
  else expect(choice.note).toBeUndefined();
});

test("oneDNN's own mode is noted", () => {
  expect(modeNote({})).toBeUndefined();
  expect(modeNote({ONEDNN_DEFAULT_FPMATH_MODE: 'STRICT'})).toBeUndefined();
  expect(modeNote({ONEDNN_DEFAULT_FPMATH_MODE: 'BF16'})).toMatch(/is BF16: float32 kernels may round/);
});

/** ONNX files of every kind of network, run by ONNX Runtime. */
import {networkOf, type ExportSource, type NetworkOptions} from '../network/network.js';
import {writeOnnx, type OnnxOptions} from '../onnx/write.js';
import {OnnxRuntime, type Feed} from './support/ort.js';
import {exchanged, frameOf, KINDS, largestDifference, predicted, sourceOf} from './support/networks.js';

/** Neither side is a multiple of anything. */
const [HEIGHT, WIDTH] = [45, 75];
/** What float32 costs two implementations; a warp's position is rounded in both. */
const BOUND = 2e-5;

const [img0, img1] = [frameOf(HEIGHT, WIDTH), frameOf(HEIGHT, WIDTH, 4)];

const planar = (frame: Float32Array) => {
  const size = frame.length / 3;
  return Float32Array.from(frame, (_, i) => frame[(i % size) * 3 + Math.floor(i / size)]!);
};
const planes = [img0, img1].map(({data}) => planar(exchanged(data as Float32Array)));

function feedsOf(layout: OnnxOptions['layout'], timestep: number): Feed[] {
  const [a, b] = planes as [Float32Array, Float32Array];
  const picture = (channels: number) => [1, channels, HEIGHT, WIDTH];
  if (layout !== 'v2')
    return [
      ['img0', picture(3), a],
      ['img1', picture(3), b],
      ['timestep', [1], Float32Array.of(timestep)],
    ];
  const all = new Float32Array(7 * HEIGHT * WIDTH).fill(timestep);
  all.set(a);
  all.set(b, a.length);
  return [['input', picture(7), all]];
}

let runtime: OnnxRuntime;
beforeAll(() => {
  runtime = new OnnxRuntime();
});
afterAll(() => runtime.close());

async function runOnnx(bytes: Uint8Array, options: OnnxOptions, timestep: number): Promise<Float32Array> {
  const {shape, values} = await runtime.run(bytes, feedsOf(options.layout, timestep));
  expect(shape).toEqual([1, 3, HEIGHT, WIDTH]);
  return values;
}

async function difference(
  source: ExportSource,
  options: OnnxOptions & {network?: NetworkOptions},
  timestep = source.model.anyTimestep ? 0.3 : 0.5,
): Promise<number> {
  const bytes = writeOnnx(await networkOf(source, options.network), options);
  const ours = planar(await predicted(source, img0, img1, timestep, options.network));
  return largestDifference(ours, await runOnnx(bytes, options, timestep));
}

it.each(Object.keys(KINDS))('%s: the frame is ours', async kind => {
  expect(await difference(sourceOf(kind), {})).toBeLessThan(BOUND);
});

it.each<[string, OnnxOptions & {network?: NetworkOptions}]>([
  ['warps by gathers', {warp: 'gather'}],
  ['the layout v2', {layout: 'v2'}],
  ['opset 16', {opset: 16}],
  ['opset 19', {opset: 19}],
  ['a fixed size', {size: {height: HEIGHT, width: WIDTH}}],
  ['half the scales', {network: {scale: 0.5}}],
  ['the mean with turned images', {network: {tta: true}}],
])('%s: the frame is ours', async (_, options) => {
  for (const kind of ['IFNet_m', 'RIFE4 4.25'])
    expect(await difference(sourceOf(kind), options)).toBeLessThan(BOUND);
});

it('has both directions of time in every block', async () => {
  expect(await difference(sourceOf('RIFE4 4.6'), {network: {ensemble: true}})).toBeLessThan(BOUND);
});

it.each([0.1, 0.5, 0.9])('is right at t = %d', async timestep => {
  expect(await difference(sourceOf('RIFE4 4.0'), {}, timestep)).toBeLessThan(BOUND);
});

it('stores half as much in float16, and is near', async () => {
  const source = sourceOf('RIFE4 4.25');
  const [full, half] = await Promise.all(
    (['fp32', 'fp16'] as const).map(async precision => writeOnnx(await networkOf(source), {precision})),
  );
  expect(half!.length / full!.length).toBeLessThan(0.7);
  expect(await difference(source, {precision: 'fp16'})).toBeLessThan(2 / 255);
});

it('would notice a wrong weight', async () => {
  const source = sourceOf('RIFE4 4.25');
  const graph = await networkOf(source);
  const first = graph.nodes.findIndex(({op}) => op === 'deconv');
  const nodes = graph.nodes.map(
    (node, i) => (i === first ? {...node, bias: undefined} : node) as typeof node,
  );
  const ours = planar(await predicted(source, img0, img1, 0.3));
  const theirs = await runOnnx(writeOnnx({...graph, nodes}), {}, 0.3);
  expect(largestDifference(ours, theirs)).toBeGreaterThan(100 * BOUND);
});

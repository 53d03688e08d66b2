/**
 * Parameters of TinyModel, in PyTorch's style. Axes: O channels out, I channels in, K kernel side.
 */
import type {ModelOptions, ParameterSpec} from '@rife-train/core';

/** img0, img1, both warped, mask logit, flow. */
const SEEN = 3 * 4 + 1 + 4;
const TEACHER_SEES = SEEN + 3;
const FIRST_SEES = 6;
/** Flow and mask logit. */
const OUT = 5;
/** img0, img1, merged, mask logit. */
const REFINED_FROM = 10;

/** Program [K,K,b,a] of a file's [a,b,K,K]. */
const kernel = (
  name: string,
  [a, b, side]: readonly [number, number, number],
  unitAxis: number,
): ParameterSpec => ({
  name,
  shape: [side, side, b, a],
  fileShape: [a, b, side, side],
  unitAxis,
});
const vector = (name: string, size: number): ParameterSpec => ({name, shape: [size], fileShape: [size]});

const blockParameters = (name: string, from: number, width: number): ParameterSpec[] => [
  kernel(`${name}.conv.weight`, [width, from, 3], 3),
  vector(`${name}.conv.bias`, width),
  vector(`${name}.slope`, width),
  kernel(`${name}.last.weight`, [width, OUT, 4], 2),
];

/** Name, channels in and width of each block. */
const blocksOf = ({widths = []}: ModelOptions): [string, number, number][] => [
  ...widths.map((width, i): [string, number, number] => [`block${i}`, i === 0 ? FIRST_SEES : SEEN, width]),
  ['block_tea', TEACHER_SEES, widths.at(-1)!],
];

/** All trained parameters. */
export const tinyParameters = (options: ModelOptions): ParameterSpec[] => [
  ...blocksOf(options).flatMap(sizes => blockParameters(...sizes)),
  kernel('refine.weight', [3, REFINED_FROM, 3], 3),
  vector('refine.bias', 3),
];

/** Running means, with `norm: 'batch'`. */
export const tinyBuffers = (options: ModelOptions): ParameterSpec[] =>
  options.norm === 'batch'
    ? blocksOf(options).map(([name, , width]) => vector(`${name}.norm.running_mean`, width))
    : [];

/** Index in the file of each value of the program. */
function* fileIndices([height, width, b, a]: readonly number[]): Generator<number> {
  for (let y = 0; y < height!; y++)
    for (let x = 0; x < width!; x++)
      for (let j = 0; j < b!; j++)
        for (let k = 0; k < a!; k++) yield ((k * b! + j) * height! + y) * width! + x;
}

/** Program layout to file layout. */
export function fileLayout({shape}: ParameterSpec, values: Float32Array): Float32Array {
  if (shape.length < 4) return Float32Array.from(values);
  const result = new Float32Array(values.length);
  let i = 0;
  for (const index of fileIndices(shape)) result[index] = values[i++]!;
  return result;
}

/** File layout to program layout. */
export function programLayout({shape}: ParameterSpec, values: Float32Array): Float32Array {
  if (shape.length < 4) return Float32Array.from(values);
  return Float32Array.from(fileIndices(shape), index => values[index]!);
}

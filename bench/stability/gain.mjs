/**
 * How much a block can amplify its input. A block is ten convolutions and a transposed one without
 * normalisation, so its output grows with the product of their gains.
 */

/** Layers of a block, from its input to its flow, by the names of their weights. */
export const layersOf = block => [
  `${block}.conv0.0.0.weight`,
  `${block}.conv0.1.0.weight`,
  ...Array.from({length: 8}, (_, i) => `${block}.convblock.${i}.0.weight`),
  `${block}.lastconv.weight`,
];

/**
 * [inputs, outputs]: a kernel [h,w,inputs,outputs] summed over its taps, which is its effect on a
 * constant image.
 */
function onConstant({values, shape: [height, width, inputs, outputs]}) {
  const sum = new Float64Array(inputs * outputs);
  for (let tap = 0; tap < height * width; tap++)
    for (let i = 0; i < sum.length; i++) sum[i] += values[tap * sum.length + i];
  return {sum, inputs, outputs};
}

/** Largest singular value, by power iteration from a fixed start. */
export function largestSingularValue({sum, inputs, outputs}, rounds = 40) {
  let x = Float64Array.from({length: inputs}, (_, i) => Math.sin(i + 1));
  let value = 0;
  for (let round = 0; round < rounds; round++) {
    const y = new Float64Array(outputs);
    for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) y[o] += x[i] * sum[i * outputs + o];
    const back = new Float64Array(inputs);
    for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) back[i] += y[o] * sum[i * outputs + o];
    const norm = Math.hypot(...back);
    if (!(norm > 0)) return value;
    value = Math.sqrt(norm / Math.hypot(...x));
    x = back.map(entry => entry / norm);
  }
  return value;
}

/**
 * Largest singular value of each layer for a constant image, of kernels in the program's layout.
 */
export const gainsOf = kernels => kernels.map(kernel => largestSingularValue(onConstant(kernel)));

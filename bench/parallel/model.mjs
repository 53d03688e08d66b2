/** A model of a step on several devices, from measured parts. Times in ms. */

/**
 * FLOP of a training step of IFNet, per pixel of a triplet; docs/cli.md has those of other
 * networks.
 */
const FLOP_PER_PIXEL = 1.01e6;
/** Bytes of a gradient: 10.7 million float32. */
const GRADIENT_BYTES = 4 * 10.7e6;

/**
 * @param {object} setting gpus, batch (of each), crop; teraflops that a GPU really reaches; pcie
 *   and hostMemory in GB/s; cores of the host; decodeMs of processor time per triplet; reduceMs of
 *   the mean gradient on the host, with a core for each replica; hostMs of JavaScript per step
 * @returns {{stepMs, parts, imagesPerSecond, efficiency, bottleneck}}
 */
export function predict(setting) {
  const {gpus, batch, crop, teraflops, pcie, cores, decodeMs, reduceMs, hostMs} = setting;
  const flopPerPixel = setting.flopPerPixel ?? FLOP_PER_PIXEL;
  const compute = (flopPerPixel * crop ** 2 * batch) / (teraflops * 1e9);
  const feed = (9 * crop ** 2 * batch) / (pcie * 1e6);
  const toAndFro = gpus > 1 ? (2 * GRADIENT_BYTES) / (pcie * 1e6) : 0;
  // Work on the host grows if there are more replicas than cores.
  const reduce = gpus > 1 ? reduceMs * Math.max(1, gpus / cores) + toAndFro : 0;
  // Decoding runs beside the step, on the cores that the step does not need.
  const decoding = Math.max(1, cores - gpus);
  const decode = (decodeMs * batch * gpus) / decoding;
  const onDevice = compute + feed + reduce + hostMs;
  const stepMs = Math.max(onDevice, decode);
  const parts = {compute, feed, reduce, host: hostMs, decode};
  const largest = Object.entries({compute, 'mean gradient': reduce, feed, host: hostMs}).sort(
    (a, b) => b[1] - a[1],
  )[0][0];
  return {
    stepMs,
    parts,
    imagesPerSecond: (1000 * batch * gpus) / stepMs,
    efficiency: (compute + feed + hostMs) / stepMs,
    bottleneck: decode > onDevice ? 'decoding' : largest,
  };
}

/**
 * The same for replicas that share a processor, from a measured step of one: each needs its own
 * computation, and all of them the same cores.
 * @param one cell of one replica; `reduceMs` of the mean gradient with so many replicas
 */
export function predictShared(one, {replicas, batch, reduceMs}) {
  const perImage = one.computeMs / one.batch;
  const stepMs = perImage * batch * replicas + (replicas > 1 ? reduceMs : 0);
  return {stepMs, imagesPerSecond: (1000 * batch * replicas) / stepMs};
}

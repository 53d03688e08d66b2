/** A replica of allReduce.mjs: means of random values, in variables of the engine. */
import {createEngine} from '@rife-train/engine';

const SIZES = count => {
  // A few large layers and many small ones, as in the network.
  const weights = Array.from({length: 200}, (_, i) => (i % 4 === 0 ? 40 : 1) * (1 + (i % 7)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => Math.floor((weight * count) / sum));
};

export default async ({rank, group, payload, device}) => {
  const names = SIZES(payload.floats).map((_, i) => `v${i}`);
  const values = new Map(SIZES(payload.floats).map((size, i) => [names[i], new Float32Array(size)]));
  for (const array of values.values()) for (let i = 0; i < array.length; i++) array[i] = Math.sin(i + rank);
  const engine = await createEngine({device});
  const program = engine.createProgram(names.map(name => ({name, shape: [values.get(name).length]})));
  const rounds = [];
  for (let round = 0; round < payload.warmup + payload.rounds; round++) {
    // As after a backward pass: not in the memory of the last mean.
    await program.writeVariables(values);
    await group.gather(round);
    const start = performance.now();
    const {workMs, waitMs, norm} = await group.meanOf(program, names);
    rounds.push({ms: performance.now() - start, workMs, waitMs, norm});
  }
  program.dispose();
  return rounds.slice(payload.warmup);
};

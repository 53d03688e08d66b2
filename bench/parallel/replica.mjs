/** A replica of allReduce.mjs: means of random values, in a program that only copies, as the real one does. */
const SIZES = count => {
  // A few large layers and many small ones, as in the network.
  const weights = Array.from({length: 200}, (_, i) => (i % 4 === 0 ? 40 : 1) * (1 + (i % 7)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => Math.floor((weight * count) / sum));
};

export default async ({rank, group, payload}) => {
  const values = new Map(SIZES(payload.floats).map((size, i) => [`v${i}`, new Float32Array(size)]));
  for (const array of values.values()) for (let i = 0; i < array.length; i++) array[i] = Math.sin(i + rank);
  const program = {
    readVariables: async () => new Map([...values].map(([name, array]) => [name, array.slice()])),
    writeVariables: async means => means.forEach((array, name) => values.get(name).set(array)),
  };
  const rounds = [];
  for (let round = 0; round < payload.warmup + payload.rounds; round++) {
    await group.gather(round);
    const start = performance.now();
    const {workMs, waitMs, norm} = await group.meanOf(program, [...values.keys()]);
    rounds.push({ms: performance.now() - start, workMs, waitMs, norm});
  }
  return rounds.slice(payload.warmup);
};

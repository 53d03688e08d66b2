/** Entries of our networks and plugins, recorded in plain ops as for a GPU; nothing runs. */
import {inspectGraph} from '@rife-train/core';
import {recordEntry} from '@rife-train/engine/graph';
import {loadRuntime} from '@rife-train/engine/runtime';
import {NETWORKS, openLpips} from '@rife-train/model';

/** An engine whose first program records its entries, by name, when it is compiled. */
async function recordingEngine() {
  const backend = await loadRuntime();
  let graphs;
  function createProgram(variables) {
    const specs = new Map();
    const isFirst = graphs === undefined;
    graphs ??= new Map();
    const compile = () => {
      if (isFirst)
        for (const [name, spec] of specs)
          graphs.set(name, recordEntry(backend, variables, spec, {plainOps: true}));
      return {nodes: 0, entryNodes: {}, traceMs: 0, loadMs: 0};
    };
    return {define: (name, spec) => void specs.set(name, spec), compile, dispose() {}};
  }
  return {engine: {description: 'recording', createProgram}, graphs: () => graphs};
}

/**
 * What a run of a configuration calls at each step, and `predict`.
 * @param config at 4 x 224 x 224 unless `data` says something else
 * @returns recorded graphs by the name of their entry
 */
export async function recordRun({data, plugins, model, optim}) {
  const {engine, graphs} = await recordingEngine();
  const config = {steps: 1000, data: {root: '.', crop: 224, batch: 4, ...data}, model, optim};
  await inspectGraph({engine, networks: NETWORKS}, {...config, plugins: plugins?.() ?? []});
  return graphs();
}

/** LPIPS of two pictures of 224 x 224. */
export async function recordLpips() {
  const {engine, graphs} = await recordingEngine();
  const createProgram = variables => {
    const program = engine.createProgram(variables);
    const run = async () => (program.compile(), {layers: {values: new Float32Array(1), shape: [1]}});
    return {...program, run, writeVariables: async () => {}};
  };
  const lpips = await openLpips({engine: {...engine, createProgram}, weights: new Map()});
  const frame = {height: 224, width: 224, data: new Uint8Array(224 * 224 * 3)};
  await lpips.distance(frame, frame);
  return graphs();
}

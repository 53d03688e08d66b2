/**
 * One run of the whole trainer on the fixtures' weights and frames, left on disk for
 * `bench/twin/exact.py`: `steps.json`, `gradients.safetensors` (of the first step),
 * `after-<n>.safetensors` (parameters), all in PyTorch's layout.
 *
 *     node bench/exact/ours.mjs --case '{"arch":"IFNet","n":1,"h":64,"w":64,"timestep":0.5}'
 *         --execution captured [--gpu '{"tf32": false}'] --out DIR
 */
import '../../scripts/freshDist.mjs';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {Logger, Trainer} from '@rife-train/core';
import {encodeSafetensors} from '@rife-train/files';
import {createEngine} from '@rife-train/engine';
import {createModel, NETWORKS} from '@rife-train/model';
import {fixtureFeed, fixtureWeights} from '@rife-train/testing';

const {values: args} = parseArgs({
  options: {
    case: {type: 'string'},
    execution: {type: 'string', default: 'captured'},
    steps: {type: 'string', default: '20'},
    snapshots: {type: 'string', default: '1,5,20'},
    lr: {type: 'string', default: '1e-4'},
    gpu: {type: 'string', default: '{}'},
    out: {type: 'string'},
  },
});
const {arch, n, h, w, timestep} = JSON.parse(args.case);
const snapshots = args.snapshots.split(',').map(Number);

/** A new batch of the fixtures each step. */
function batches() {
  let index = 0;
  const next = async () => {
    const images = fixtureFeed(index, n, h, w, timestep);
    const fill = value => new Float32Array(n).fill(value);
    const policy = {minGap: 1, maxGap: 1};
    return {images, gap: fill(1), timestep: fill(timestep), names: [], index: index++, policy};
  };
  return {batchSize: n, crop: [h, w], next, seek: async to => void (index = to), close: async () => {}};
}

const engine = await createEngine({execution: args.execution, gpu: JSON.parse(args.gpu)});
const model = createModel({name: arch, scales: [4, 2, 1], widths: [240, 150, 90]});
const weights = [...fixtureWeights(model)].map(([name, values]) => [name, model.fromFile(name, values)]);
const initialize = seed => new Map([...model.initialize(seed), ...weights]);
let program;

/** Variables under a prefix to a file. */
async function save(prefix, file) {
  const found = await program.readVariables(model.parameters.map(({name}) => `${prefix}${name}`));
  const tensors = model.parameters.map(({name, fileShape}) => [
    name,
    {shape: fileShape, values: model.toFile(name, found.get(`${prefix}${name}`))},
  ]);
  writeFileSync(join(args.out, file), Buffer.concat(encodeSafetensors(new Map(tensors))));
}

const scratch = mkdtempSync(join(tmpdir(), 'rife-exact-'));
const trainer = new Trainer({
  openEngine: async () => ({
    ...engine,
    createProgram: variables => (program = engine.createProgram(variables)),
  }),
  networks: NETWORKS.map(network => ({
    ...network,
    create: () => Object.assign(Object.create(model), {initialize}),
  })),
  openBatches: async () => batches(),
  logger: new Logger({line: () => {}}),
  config: {
    data: {root: 'fixtures', crop: [h, w], batch: n},
    model: {name: arch},
    optim: {learningRate: Number(args.lr), finalLearningRate: Number(args.lr), warmupSteps: 0},
    steps: Number(args.steps),
    previewEvery: 0,
    out: scratch,
  },
});
const steps = [];
trainer.hooks.afterStep.tapPromise('exact', async ({loss, terms}) => {
  steps.push({total: loss, ...terms});
  if (steps.length === 1) await save('grad/', 'gradients.safetensors');
  if (snapshots.includes(steps.length)) await save('', `after-${steps.length}.safetensors`);
});
try {
  await trainer.run();
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
writeFileSync(join(args.out, 'steps.json'), JSON.stringify(steps));

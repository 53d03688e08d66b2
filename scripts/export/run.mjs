/**
 * Exports of every kind of network, checked by programs that npm does not have: onnx's own checker,
 * and ncnn with the layer `rife.Warp`.
 *
 *     npm run test:export -- [--only <pattern>] [--keep FOLDER]
 *
 * Installs `onnx`, `ncnn` and `numpy` from PyPI into a folder of its own. Exit code 1 if a file is
 * refused, or a frame differs from ours by more than 2e-5.
 */
import '../freshDist.mjs';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Networks, openPredictor} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {networkOf, writeNcnn, writeOnnx} from '@rife-train/export';
import {NETWORKS} from '@rife-train/model';

const {values: args} = parseArgs({options: {only: {type: 'string'}, keep: {type: 'string'}}});
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHECK = fileURLToPath(new URL('check.py', import.meta.url));
const PACKAGES = ['onnx==1.23.2', 'ncnn==1.0.20261020', 'numpy'];
/** A multiple of what every kind pads to: ncnn's users pad before. */
const [HEIGHT, WIDTH] = [128, 256];
const TIMESTEP = 0.3;

const RIFE4 = '4.0 4.2 4.5 4.6 4.7 4.10 4.13 4.14.lite 4.15.lite 4.20 4.22 4.25 4.25.lite 4.26.heavy'.split(
  ' ',
);
const KINDS = {
  IFNet: {name: 'IFNet'},
  IFNet_m: {name: 'IFNet_m'},
  ...Object.fromEntries(RIFE4.map(version => [`RIFE4-${version}`, {name: 'RIFE4', version}])),
};

function run(program, argv) {
  const {status, error} = spawnSync(program, argv, {stdio: ['ignore', 'inherit', 'inherit']});
  if (error) throw error;
  return status;
}

/** Python with what the check imports. */
function python() {
  const venv = join(ROOT, 'node_modules/.cache/rife-export-venv');
  const program = join(venv, 'bin/python');
  if (!existsSync(join(venv, 'ready'))) {
    console.log(`installing ${PACKAGES.join(', ')} into ${venv}`);
    rmSync(venv, {recursive: true, force: true});
    if (run('python3', ['-m', 'venv', venv]) !== 0) throw new Error('python3 -m venv failed');
    if (run(program, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]) !== 0) throw new Error('pip failed');
    writeFileSync(join(venv, 'ready'), '');
  }
  return program;
}

/** A smooth frame, BGR in 0..1. */
function frame(shift) {
  const data = Float32Array.from({length: HEIGHT * WIDTH * 3}, (_, i) => {
    const [x, y, c] = [(Math.floor(i / 3) % WIDTH) + shift, Math.floor(i / 3 / WIDTH), i % 3];
    return 0.5 + 0.3 * Math.sin(0.21 * x + c) * Math.cos(0.13 * y) + 0.2 * Math.sin(0.05 * x * (c + 1));
  });
  return {height: HEIGHT, width: WIDTH, data};
}

/** [3,H,W] RGB of [H,W,3] BGR. */
function planar(data) {
  const size = HEIGHT * WIDTH;
  return Float32Array.from(data, (_, i) => data[(i % size) * 3 + 2 - Math.floor(i / size)]);
}

async function writeKind(kind, folder, networks) {
  const model = networks.create(KINDS[kind]);
  const weights = model.initialize(3);
  const source = {model, weights};
  const [img0, img1] = [frame(0), frame(4)];
  const timestep = model.anyTimestep ? TIMESTEP : 0.5;
  const predictor = openPredictor({...source, engine: () => createEngine()});
  const {refined} = await predictor.predict(img0, img1, timestep);
  await predictor.close();
  const graph = await networkOf(source);
  mkdirSync(folder, {recursive: true});
  for (const [name, data] of Object.entries({img0: img0.data, img1: img1.data, frame: refined}))
    writeFileSync(join(folder, `${name}.f32`), planar(data));
  for (const opset of [16, 17, 18, 19])
    writeFileSync(join(folder, `opset${opset}.onnx`), writeOnnx(graph, {opset}));
  for (const options of [{precision: 'fp16'}, {warp: 'gather'}, {layout: 'v1'}, {layout: 'v2'}])
    writeFileSync(join(folder, `${Object.values(options)[0]}.onnx`), writeOnnx(graph, options));
  if (model.name !== 'RIFE4') return;
  const {param, bin} = writeNcnn(graph);
  writeFileSync(join(folder, 'flownet.param'), param);
  writeFileSync(join(folder, 'flownet.bin'), bin);
}

const program = python();
const networks = new Networks(NETWORKS);
const folder = args.keep ?? mkdtempSync(join(tmpdir(), 'rife-export-'));
const kinds = Object.keys(KINDS).filter(kind => new RegExp(args.only ?? '').test(kind));
let failed = 0;
for (const kind of kinds) {
  const at = join(folder, kind);
  await writeKind(kind, at, networks);
  if (run(program, [CHECK, at, HEIGHT, WIDTH, TIMESTEP].map(String)) !== 0) failed += 1;
  if (!args.keep) rmSync(at, {recursive: true});
}
if (!args.keep) rmSync(folder, {recursive: true});
console.log(`${kinds.length} kinds, ${failed} failed`);
process.exit(failed > 0 || kinds.length === 0 ? 1 : 0);

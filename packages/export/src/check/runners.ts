/** Runs exported networks. Frames are [H,W,3] RGB in 0..1 here. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {loadRuntime} from '@rife-train/engine';
import type {FrameSize} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';
import {PLANES, type OnnxLayout} from '../onnx/layout.js';
import type {Files} from '../tensorflow/graphModel.js';

/** What an exported network is given. */
export interface RunRequest extends FrameSize {
  img0: Float32Array;
  img1: Float32Array;
  timestep: number;
}

/** An exported network, ready to run. */
export interface Runner {
  /** Name and version of what runs it. */
  runtime: string;
  run(request: RunRequest): Promise<Float32Array>;
  close(): Promise<void> | void;
}

/** [3,H,W] of [H,W,3]. */
function planar(values: Float32Array, {height, width}: FrameSize): Float32Array {
  const size = height * width;
  return Float32Array.from({length: values.length}, (_, i) => values[(i % size) * 3 + Math.floor(i / size)]!);
}

/** [H,W,3] of [3,H,W]. */
function interleaved(values: Float32Array, {height, width}: FrameSize): Float32Array {
  const size = height * width;
  return Float32Array.from({length: values.length}, (_, i) => values[(i % 3) * size + Math.floor(i / 3)]!);
}

/** Inputs of a layout, by name: shape and values. */
function onnxFeeds(layout: OnnxLayout, request: RunRequest): Record<string, [number[], Float32Array]> {
  const {height, width, timestep} = request;
  const [img0, img1] = [planar(request.img0, request), planar(request.img1, request)];
  if (layout === 'two-inputs')
    return {
      img0: [[1, 3, height, width], img0],
      img1: [[1, 3, height, width], img1],
      timestep: [[1], Float32Array.of(timestep)],
    };
  const planes = new Float32Array(PLANES[layout] * height * width);
  planes.set(img0);
  planes.set(img1, img0.length);
  planes.fill(timestep, 2 * img0.length, 2 * img0.length + height * width);
  return {input: [[1, PLANES[layout], height, width], planes]};
}

/** By onnxruntime-web on the CPU. */
export async function openOnnx(bytes: Uint8Array, layout: OnnxLayout): Promise<Runner> {
  const ort = (await import('onnxruntime-web')).default;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(bytes, {logSeverityLevel: 3});
  return {
    runtime: `onnxruntime-web ${ort.env.versions.web}`,
    async run(request) {
      const feeds = Object.entries(onnxFeeds(layout, request))
        .filter(([name]) => session.inputNames.includes(name))
        .map(([name, [shape, values]]) => [name, new ort.Tensor('float32', values, shape)] as const);
      const {output} = await session.run(Object.fromEntries(feeds));
      return interleaved(output!.data as Float32Array, request);
    },
    close: () => session.release(),
  };
}

/** By the TensorFlow that trains. */
export async function openSavedModel(bytes: Uint8Array): Promise<Runner> {
  const {binding} = await loadRuntime();
  const folder = mkdtempSync(join(tmpdir(), 'rife-train-export-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), bytes);
    const id = binding.loadSavedModel(folder, 'serve,');
    return {
      runtime: `TensorFlow ${binding.TF_Version}`,
      async run({height, width, img0, img1, timestep}) {
        const shape = [1, height, width, 3];
        const float = binding.TF_FLOAT;
        const inputs = [
          binding.createTensor(shape, float, img0),
          binding.createTensor(shape, float, img1),
          binding.createTensor([1], float, Float32Array.of(timestep)),
        ];
        const [result] = binding.runSavedModel(id, inputs, 'img0:0,img1:0,timestep:0,', 'output:0,');
        const values = binding.tensorDataSync(result!.id) as Float32Array;
        for (const tensor of [...inputs, result!.id]) binding.deleteTensor(tensor);
        return values;
      },
      close: () => binding.deleteSavedModel(id),
    };
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** By TensorFlow.js's converter, on the backend that trains. */
export async function openGraphModel(files: Files): Promise<Runner> {
  await loadRuntime();
  const {loadGraphModel, version_converter: version} = await import('@tensorflow/tfjs-converter');
  const {weightsManifest, ...model} = JSON.parse(Buffer.from(files.get('model.json')!).toString()) as {
    weightsManifest: tf.io.WeightsManifestConfig;
    modelTopology: object;
    format: string;
  };
  const [{paths, weights}] = weightsManifest as [tf.io.WeightsManifestConfig[number]];
  const weightData = Uint8Array.from(Buffer.concat(paths.map(path => files.get(path)!))).buffer;
  const graph = await loadGraphModel({
    load: () => Promise.resolve({...model, weightSpecs: weights, weightData}),
  });
  return {
    runtime: `tfjs-converter ${version}`,
    async run({height, width, img0, img1, timestep}) {
      const shape: [number, number, number, number] = [1, height, width, 3];
      return tf.tidy(() => {
        const all: tf.NamedTensorMap = {
          img0: tf.tensor4d(img0, shape),
          img1: tf.tensor4d(img1, shape),
          timestep: tf.tensor1d([timestep]),
        };
        const feeds = Object.fromEntries(graph.inputs.map(({name}) => [name, all[name]!]));
        return (graph.execute(feeds) as tf.Tensor).dataSync() as Float32Array;
      });
    },
    close: () => graph.dispose(),
  };
}

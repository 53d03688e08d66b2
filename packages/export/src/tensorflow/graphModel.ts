/** A network as a graph model of TensorFlow.js: `model.json` and shards of weights. */
import {Float16Array} from '@petamoriken/float16';
import {DT, type Attr} from '@rife-train/engine/graph';
import type {NetworkGraph} from '../network/graph.js';
import type {Precision} from '../onnx/builder.js';
import type {TfNode} from './builder.js';
import {tensorflowNodes, TF_INPUTS, TF_OUTPUT, TF_OUTPUT_SHAPE} from './write.js';

/** Files by name. */
export type Files = ReadonlyMap<string, Uint8Array>;

export interface GraphModelOptions {
  /** `fp16` halves the weights on disk; arithmetic stays float32. @default 'fp32' */
  precision?: Precision;
  /** @default nothing */
  metadata?: Readonly<Record<string, string>>;
}

const SHARD_BYTES = 4 * 1024 * 1024;
/** Constants of more numbers are stored in float16, where that is asked for. */
const SMALL = 16;
const TYPES: Record<number, string> = {[DT.float32]: 'DT_FLOAT', [DT.int32]: 'DT_INT32'};
const DTYPES: Record<number, string> = {[DT.float32]: 'float32', [DT.int32]: 'int32'};

const shapeJson = (shape: readonly number[]) => ({dim: shape.map(size => ({size: String(size)}))});

function attrJson(attr: Attr): unknown {
  if ('type' in attr) return {type: TYPES[attr.type]};
  if ('int' in attr) return {i: String(attr.int)};
  if ('ints' in attr) return {list: {i: attr.ints.map(String)}};
  if ('float' in attr) return {f: attr.float};
  if ('bool' in attr) return {b: attr.bool};
  if ('string' in attr) return {s: Buffer.from(attr.string).toString('base64')};
  if ('shape' in attr) return {shape: shapeJson(attr.shape)};
  const {dtype, shape} = (attr as Extract<Attr, {tensor: unknown}>).tensor;
  return {tensor: {dtype: TYPES[dtype], tensorShape: shapeJson(shape)}};
}

const nodeJson = ({name, op, inputs, attrs}: TfNode) => ({
  name,
  op,
  ...(inputs.length > 0 && {input: inputs}),
  attr: Object.fromEntries(Object.entries(attrs).map(([key, attr]) => [key, attrJson(attr)])),
});

const tensorJson = (name: string, shape: readonly number[]) => ({
  name: `${name}:0`,
  dtype: 'DT_FLOAT',
  tensorShape: shapeJson(shape),
});

/** A constant's entry in the manifest, and its bytes. */
function weightOf({name, attrs}: TfNode, precision: Precision) {
  const {dtype, shape, values} = (attrs['value'] as Extract<Attr, {tensor: unknown}>).tensor;
  const floats = values as Float32Array;
  const isHalf = precision === 'fp16' && dtype === DT.float32 && floats.length > SMALL;
  const {buffer, byteOffset, byteLength} = isHalf ? Float16Array.from(floats) : values;
  const quantization = isHalf && {quantization: {dtype: 'float16', original_dtype: 'float32'}};
  return {
    entry: {name, shape, dtype: DTYPES[dtype], ...quantization},
    bytes: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  };
}

/** Pieces of {@link SHARD_BYTES}, by name. */
function shardsOf(bytes: Uint8Array): [string, Uint8Array][] {
  const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES));
  return Array.from({length: count}, (_, i) => [
    `group1-shard${i + 1}of${count}.bin`,
    bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES),
  ]);
}

/** `model.json` and its shards. */
export function writeGraphModel(graph: NetworkGraph, options: GraphModelOptions = {}): Files {
  const {precision = 'fp32', metadata = {}} = options;
  const nodes = tensorflowNodes(graph);
  const weights = nodes.filter(({op}) => op === 'Const').map(node => weightOf(node, precision));
  const shards = shardsOf(Buffer.concat(weights.map(({bytes}) => bytes)));
  const inputs = Object.entries(TF_INPUTS).map(([name, shape]) => [name, tensorJson(name, shape)] as const);
  const model = {
    format: 'graph-model',
    generatedBy: 'rife-train',
    convertedBy: 'rife-train',
    signature: {
      inputs: Object.fromEntries(inputs),
      outputs: {[TF_OUTPUT]: tensorJson(TF_OUTPUT, TF_OUTPUT_SHAPE)},
    },
    modelTopology: {node: nodes.map(nodeJson), library: {}, versions: {producer: 1882, minConsumer: 12}},
    weightsManifest: [{paths: shards.map(([name]) => name), weights: weights.map(({entry}) => entry)}],
    userDefinedMetadata: metadata,
  };
  return new Map([['model.json', Buffer.from(JSON.stringify(model))], ...shards]);
}

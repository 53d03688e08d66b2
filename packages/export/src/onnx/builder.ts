/** Collects the nodes of an ONNX graph. */
import {Float16Array} from '@petamoriken/float16';
import {onnx, type Onnx} from './proto.js';

const {AttributeType} = onnx.AttributeProto;
const {DataType} = onnx.TensorProto;

/** How numbers of the network are stored and computed. */
export type Precision = 'fp32' | 'fp16';

type AttributeValue = number | string | readonly number[];

function attribute(name: string, value: AttributeValue): Onnx.IAttributeProto {
  if (typeof value === 'string') return {name, type: AttributeType.STRING, s: Buffer.from(value)};
  if (Array.isArray(value)) return {name, type: AttributeType.INTS, ints: [...(value as number[])]};
  const number = value as number;
  // `alpha` is the one float that our ops have.
  return name === 'alpha'
    ? {name, type: AttributeType.FLOAT, f: number}
    : {name, type: AttributeType.INT, i: number};
}

const bytesOf = ({buffer, byteOffset, byteLength}: ArrayBufferView) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** A graph under construction. Values are named by the output of the node that makes them. */
export class OnnxBuilder {
  readonly nodes: Onnx.INodeProto[] = [];
  readonly initializers: Onnx.ITensorProto[] = [];
  private readonly integers = new Map<string, string>();
  private count = 0;

  constructor(private readonly precision: Precision) {}

  /** Adds a node with one output. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Record<string, AttributeValue> = {},
    output = `v${this.count++}`,
  ): string {
    const given = Object.entries(attributes).map(([name, value]) => attribute(name, value));
    this.nodes.push({opType: op, name: output, input: [...inputs], output: [output], attribute: given});
    return output;
  }

  /** Numbers in the network's precision. */
  numbers(values: ArrayLike<number>, shape: readonly number[]): string {
    if (this.precision === 'fp32') return this.floats(values, shape);
    const half = Float16Array.from(Array.from(values));
    return this.initializer(DataType.FLOAT16, bytesOf(half), shape);
  }

  /** Numbers in float32, whatever the precision. */
  floats(values: ArrayLike<number>, shape: readonly number[]): string {
    return this.initializer(DataType.FLOAT, bytesOf(Float32Array.from(values)), shape);
  }

  /** A vector of int64, or one number. Equal ones are stored once. */
  int64(values: readonly number[] | number): string {
    const key = JSON.stringify(values);
    const known = this.integers.get(key);
    if (known !== undefined) return known;
    const list = typeof values === 'number' ? [values] : values;
    const bytes = bytesOf(BigInt64Array.from(list.map(BigInt)));
    const made = this.initializer(DataType.INT64, bytes, typeof values === 'number' ? [] : [list.length]);
    this.integers.set(key, made);
    return made;
  }

  /** To the network's precision. */
  toNetwork(x: string): string {
    return this.precision === 'fp32' ? x : this.node('Cast', [x], {to: DataType.FLOAT16});
  }

  /** From the network's precision to float32. */
  toFloat(x: string, output?: string): string {
    if (this.precision === 'fp16') return this.node('Cast', [x], {to: DataType.FLOAT}, output);
    return output === undefined ? x : this.node('Identity', [x], {}, output);
  }

  private initializer(dataType: number, rawData: Uint8Array, dims: readonly number[]): string {
    const name = `c${this.initializers.length}`;
    this.initializers.push({name, dataType, dims: [...dims], rawData});
    return name;
  }
}

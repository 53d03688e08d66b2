/**
 * Writes a TensorFlow GraphDef as protocol-buffer bytes, node by node. Field numbers are those of
 * TensorFlow's .proto files: saved_model, meta_graph, graph, node_def, attr_value, tensor_shape and
 * tensor.
 */
import {BinaryWriter, WireType} from '@bufbuild/protobuf/wire';

/** Enum values of tensorflow/core/framework/types.proto. */
export const DT = {float32: 1, uint8: 4, int32: 3, int64: 9, bool: 10, bfloat16: 14} as const;

/**
 * Producer version of the GraphDefs that we write (tensorflow/core/public/version.h at 2.9: 1087);
 * newer runtimes accept it.
 */
const GRAPH_DEF_PRODUCER = 1087;

interface TensorValue {
  dtype: number;
  shape: readonly number[];
  values: ArrayBufferView;
}

/** An attribute: one key of AttrValue's `oneof`. */
export type Attr =
  | {type: number}
  | {types: number[]}
  | {int: number}
  | {ints: number[]}
  | {float: number}
  | {floats: number[]}
  | {bool: boolean}
  | {string: string}
  | {strings: string[]}
  | {shape: readonly number[]}
  | {tensor: TensorValue};

export type Attrs = Record<string, Attr>;

const {Varint, LengthDelimited, Bit32} = WireType;
const encoder = new TextEncoder();

/** Collects nodes; names are unique by construction. */
export class GraphDef {
  private readonly writer = new BinaryWriter();
  private readonly constants = new Map<string, string>();
  private count = 0;

  /** @param device TensorFlow device of every node; '' lets TensorFlow place them */
  constructor(private readonly device: string) {
    message(this.writer, 4, w => w.tag(1, Varint).int32(GRAPH_DEF_PRODUCER));
  }

  get nodeCount(): number {
    return this.count;
  }

  /**
   * Adds a node and returns its name. Inputs are `name`, `name:1` or, for control inputs, `^name`.
   */
  node(op: string, inputs: readonly string[], attrs: Attrs, name = `n${this.count}_${op}`): string {
    message(this.writer, 1, w => {
      w.tag(1, LengthDelimited).string(name).tag(2, LengthDelimited).string(op);
      for (const input of inputs) w.tag(3, LengthDelimited).string(input);
      if (this.device) w.tag(4, LengthDelimited).string(this.device);
      for (const [key, attr] of Object.entries(attrs))
        message(w, 5, entry => {
          entry.tag(1, LengthDelimited).string(key);
          message(entry, 2, value => writeAttr(value, attr));
        });
    });
    this.count++;
    return name;
  }

  /** Adds a constant, or returns the node of an equal one. */
  constant(values: ArrayBufferView, shape: readonly number[], dtype: number): string {
    const bytes = bytesOf(values);
    const key = bytes.length <= 256 ? `${dtype}[${shape.join()}]${bytes.join()}` : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.node('Const', [], {dtype: {type: dtype}, value: {tensor: {dtype, shape, values}}});
    if (key !== undefined) this.constants.set(key, name);
    return name;
  }

  /**
   * The graph wrapped as a SavedModel with the tag `serve`, as bytes; no node can be added
   * afterwards.
   *
   * @param signature what `serving_default` takes and returns. @default no signature
   */
  toSavedModel(signature?: Signature): Uint8Array {
    const graph = this.writer.finish();
    const writer = new BinaryWriter();
    writer.tag(1, Varint).int64(1);
    message(writer, 2, metaGraph => {
      message(metaGraph, 1, info => info.tag(4, LengthDelimited).string('serve'));
      metaGraph.tag(2, LengthDelimited).bytes(graph);
      if (signature)
        message(metaGraph, 5, entry => {
          entry.tag(1, LengthDelimited).string('serving_default');
          message(entry, 2, value => writeSignature(value, signature));
        });
    });
    return writer.finish();
  }
}

/** Shapes of float32 tensors by the name of their node; -1 stands for any size. */
export interface Signature {
  inputs: Readonly<Record<string, readonly number[]>>;
  outputs: Readonly<Record<string, readonly number[]>>;
}

function writeSignature(w: BinaryWriter, {inputs, outputs}: Signature): void {
  const sides = [inputs, outputs];
  sides.forEach((tensors, i) => {
    for (const [name, shape] of Object.entries(tensors))
      message(w, i + 1, entry => {
        entry.tag(1, LengthDelimited).string(name);
        message(entry, 2, info => {
          info.tag(1, LengthDelimited).string(`${name}:0`).tag(2, Varint).int32(DT.float32);
          message(info, 3, dims => writeShape(dims, shape));
        });
      });
  });
  w.tag(3, LengthDelimited).string('tensorflow/serving/predict');
}

/** Writes a message as a field of another. */
function message(writer: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void {
  writer.tag(field, LengthDelimited).fork();
  write(writer);
  writer.join();
}

function writeAttr(w: BinaryWriter, attr: Attr): void {
  if ('type' in attr) w.tag(6, Varint).int32(attr.type);
  else if ('int' in attr) w.tag(3, Varint).int64(attr.int);
  else if ('float' in attr) w.tag(4, Bit32).float(attr.float);
  else if ('bool' in attr) w.tag(5, Varint).bool(attr.bool);
  else if ('string' in attr) w.tag(2, LengthDelimited).bytes(encoder.encode(attr.string));
  else if ('shape' in attr) message(w, 7, shape => writeShape(shape, attr.shape));
  else if ('tensor' in attr) message(w, 8, tensor => writeTensor(tensor, attr.tensor));
  else message(w, 1, list => writeList(list, attr));
}

/** AttrValue.ListValue. A repeated number need not be packed: readers take both. */
function writeList(w: BinaryWriter, attr: Extract<Attr, object>): void {
  if ('types' in attr) attr.types.forEach(type => w.tag(6, Varint).int32(type));
  else if ('ints' in attr) attr.ints.forEach(int => w.tag(3, Varint).int64(int));
  else if ('floats' in attr) attr.floats.forEach(float => w.tag(4, Bit32).float(float));
  else if ('strings' in attr)
    attr.strings.forEach(text => w.tag(2, LengthDelimited).bytes(encoder.encode(text)));
}

function writeShape(w: BinaryWriter, dims: readonly number[]): void {
  for (const size of dims) message(w, 2, dim => dim.tag(1, Varint).int64(size));
}

function writeTensor(w: BinaryWriter, {dtype, shape, values}: TensorValue): void {
  w.tag(1, Varint).int32(dtype);
  message(w, 2, dims => writeShape(dims, shape));
  const splat = uniformValue(values);
  // One value represents all: a batch of zeros must not become megabytes of graph.
  if (splat === undefined) w.tag(4, LengthDelimited).bytes(bytesOf(values));
  else if (dtype === DT.float32) w.tag(5, Bit32).float(splat);
  else if (dtype === DT.bool) w.tag(11, Varint).bool(splat !== 0);
  else w.tag(7, Varint).int32(splat);
}

const bytesOf = ({buffer, byteOffset, byteLength}: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * The value that all elements share, if there are more than 16 and all are equal. NaN and -0 are
 * left alone.
 */
function uniformValue(view: ArrayBufferView): number | undefined {
  const values = view as Float32Array | Int32Array | Uint8Array;
  const first = values[0];
  if (first === undefined || values.length <= 16 || Number.isNaN(first) || Object.is(first, -0))
    return undefined;
  return values.every((v: number) => Object.is(v, first)) ? first : undefined;
}

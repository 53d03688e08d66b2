/** Writes a TensorFlow GraphDef with the protocol-buffer messages that tfjs-node brings. */
import {createRequire} from 'node:module';

const require = createRequire(import.meta.url);

/** Enum values of tensorflow/core/framework/types.proto. */
export const DT = {float32: 1, uint8: 4, int32: 3, int64: 9, bool: 10} as const;

/** Producer version of the GraphDefs that we write (tensorflow/core/public/version.h at 2.9: 1087); newer runtimes accept it. */
const GRAPH_DEF_PRODUCER = 1087;

// The messages are generated JavaScript without types; only the setters used below are called.
/* eslint-disable @typescript-eslint/no-explicit-any */
type Message = any;

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
  | {tensor: {dtype: number; shape: readonly number[]; values: ArrayBufferView}};

export type Attrs = Record<string, Attr>;

/** Collects nodes; names are unique by construction. */
export class GraphDef {
  private readonly pb: Message;
  private readonly graph: Message;
  private readonly constants = new Map<string, string>();
  private count = 0;

  /**
   * @param tfjsNode folder or package name of tfjs-node(-gpu)
   * @param device TensorFlow device of every node; '' lets TensorFlow place them
   */
  constructor(
    tfjsNode: string,
    private readonly device: string,
  ) {
    this.pb = require(`${tfjsNode}/dist/proto/api_pb.js`);
    this.graph = new this.pb.GraphDef();
    const version = new this.pb.VersionDef();
    version.setProducer(GRAPH_DEF_PRODUCER);
    this.graph.setVersions(version);
  }

  get nodeCount(): number {
    return this.count;
  }

  /** Adds a node and returns its name. Inputs are `name`, `name:1` or, for control inputs, `^name`. */
  node(op: string, inputs: readonly string[], attrs: Attrs, name = `n${this.count}_${op}`): string {
    const node = new this.pb.NodeDef();
    node.setName(name);
    node.setOp(op);
    node.setInputList([...inputs]);
    if (this.device) node.setDevice(this.device);
    const map = node.getAttrMap();
    for (const [key, attr] of Object.entries(attrs)) map.set(key, this.attrValue(attr));
    this.graph.addNode(node);
    this.count++;
    return name;
  }

  /** Adds a constant, or returns the node of an equal one. */
  constant(values: ArrayBufferView, shape: readonly number[], dtype: number): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const key = bytes.length <= 256 ? `${dtype}[${shape.join()}]${bytes.join()}` : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.node('Const', [], {dtype: {type: dtype}, value: {tensor: {dtype, shape, values}}});
    if (key !== undefined) this.constants.set(key, name);
    return name;
  }

  /** The graph wrapped as a SavedModel with the tag `serve`, as bytes. */
  toSavedModel(): Uint8Array {
    const info = new this.pb.MetaGraphDef.MetaInfoDef();
    info.setTagsList(['serve']);
    const metaGraph = new this.pb.MetaGraphDef();
    metaGraph.setMetaInfoDef(info);
    metaGraph.setGraphDef(this.graph);
    const savedModel = new this.pb.SavedModel();
    savedModel.setSavedModelSchemaVersion(1);
    savedModel.addMetaGraphs(metaGraph);
    return savedModel.serializeBinary() as Uint8Array;
  }

  private attrValue(attr: Attr): Message {
    const value = new this.pb.AttrValue();
    const list = (fill: (list: Message) => void) => {
      const message = new this.pb.AttrValue.ListValue();
      fill(message);
      value.setList(message);
    };
    if ('type' in attr) value.setType(attr.type);
    else if ('types' in attr) list(l => l.setTypeList(attr.types));
    else if ('int' in attr) value.setI(attr.int);
    else if ('ints' in attr) list(l => l.setIList(attr.ints));
    else if ('float' in attr) value.setF(attr.float);
    else if ('floats' in attr) list(l => l.setFList(attr.floats));
    else if ('bool' in attr) value.setB(attr.bool);
    else if ('string' in attr) value.setS(base64(attr.string));
    else if ('strings' in attr) list(l => l.setSList(attr.strings.map(base64)));
    else if ('shape' in attr) value.setShape(this.shape(attr.shape));
    else value.setTensor(this.tensor(attr.tensor));
    return value;
  }

  private shape(dims: readonly number[]): Message {
    const shape = new this.pb.TensorShape();
    shape.setDimList(
      dims.map(size => {
        const dim = new this.pb.TensorShape.Dim();
        dim.setSize(size);
        return dim;
      }),
    );
    return shape;
  }

  private tensor({
    dtype,
    shape,
    values,
  }: {
    dtype: number;
    shape: readonly number[];
    values: ArrayBufferView;
  }): Message {
    const tensor = new this.pb.Tensor();
    tensor.setDtype(dtype);
    tensor.setTensorShape(this.shape(shape));
    const splat = uniformValue(values);
    // A single value stands for all: a batch of zeros must not become megabytes of graph.
    if (splat === undefined)
      tensor.setTensorContent(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    else if (dtype === DT.float32) tensor.setFloatValList([splat]);
    else if (dtype === DT.bool) tensor.setBoolValList([splat !== 0]);
    else tensor.setIntValList([splat]);
    return tensor;
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The value that all elements share, when there are more than 16 of them and they do. NaN and -0 are left alone. */
function uniformValue(view: ArrayBufferView): number | undefined {
  const values = view as Float32Array | Int32Array | Uint8Array;
  const first = values[0];
  if (first === undefined || values.length <= 16 || Number.isNaN(first) || Object.is(first, -0))
    return undefined;
  return values.every((v: number) => Object.is(v, first)) ? first : undefined;
}

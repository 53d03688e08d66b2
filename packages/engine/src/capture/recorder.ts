/**
 * Records the TensorFlow ops of tfjs code into a GraphDef, without executing them.
 * While a recording is active, the two methods that execute every kernel of tfjs-node return
 * tensors that have a shape and no value. Reading such a value, or using it outside its recording,
 * is a coded error.
 */
import * as tf from '@tensorflow/tfjs-core';
import {opHasNoShape, opNotRecordable, staleTracedTensor, tracedTensorRead} from '@rife-train/errors';
import type {Bfloat16Way} from '../bfloat16/kernels.js';
import {Bfloat16Nodes} from '../bfloat16/nodes.js';
import type {NodeBackend, OpAttr} from '../runtime/nodeBackend.js';
import {type Attr, type Attrs, DT, type GraphDef} from './graphDef.js';
import {OwnForms} from './ownForms.js';
import {hasOwnConvs} from './ownKernels.js';
import {SHAPE_FUNCTIONS} from './shapeFunctions.js';
import type {ShapedInput, ShapedOutput} from './shapes.js';
import {TensorLives} from './tensorLives.js';

type Input = tf.TensorInfo | {valueArray: Int32Array};
type KernelRunner = (kernelName: string, inputs: tf.NamedTensorMap, attrs?: object) => unknown;

const DTYPE_NAMES: Record<number, tf.DataType> = {
  [DT.float32]: 'float32',
  [DT.int32]: 'int32',
  [DT.bool]: 'bool',
};

/** Types that tfjs-node leaves for eager execution to infer, by input; a graph must name them. */
const TYPES_OF_INPUTS: Readonly<Record<string, readonly string[]>> = {ExpandDims: ['T', 'Tdim']};

/** One recording into one graph. */
export class Recorder {
  /** Node output of each tensor that this recording created or imported. */
  private readonly refs = new WeakMap<object, string>();
  /** Kernels being run, innermost last; names the kernel that made a forbidden read. */
  private readonly kernels: string[] = [];
  /** Ops that were executed because they have no shape function. */
  readonly executedOps = new Set<string>();
  readonly lives = new TensorLives();
  /** Shape of each output that is no constant, by reference. */
  readonly outputShapes = new Map<string, readonly number[]>();

  private readonly bfloat16: Bfloat16Nodes | undefined;
  private readonly ownForms: OwnForms | undefined;

  /**
   * @param ownOps use the ops of native/; else TensorFlow's own only
   * @param bf16 how convolutions compute in bfloat16. @default in float32
   */
  constructor(
    private readonly backend: NodeBackend,
    private readonly graph: GraphDef,
    readonly ownOps: boolean,
    bf16?: Bfloat16Way,
  ) {
    this.bfloat16 = bf16 && new Bfloat16Nodes(bf16, graph, this.lives);
    if (ownOps)
      this.ownForms = new OwnForms(
        (op, refs, shape) => this.addOwn(op, refs, shape),
        (values, shape) => graph.constant(values, shape, DT.float32),
      );
  }

  /** A tensor that represents an output of the graph. */
  tensor(ref: string, shape: readonly number[], dtype: number): tf.Tensor {
    const dataId = {};
    this.backend.tensorMap.set(dataId, {shape: [...shape], dtype, values: null, id: -1, refCount: 1});
    this.refs.set(dataId, ref);
    this.outputShapes.set(ref, shape);
    return tf.engine().makeTensorFromTensorInfo({dataId, shape: [...shape], dtype: DTYPE_NAMES[dtype]!});
  }

  /** The graph output of a tensor; a tensor with a value becomes a constant. */
  ref(input: Input): string {
    if ('valueArray' in input) return this.graph.constant(input.valueArray, [], DT.int64);
    const known = this.refs.get(input.dataId);
    if (known !== undefined) {
      this.lives.used(known);
      return known;
    }
    const data = this.backend.tensorMap.get(input.dataId);
    if (data.values == null && data.id < 0) throw staleTracedTensor(input.shape);
    const ref = this.graph.constant(
      data.values ?? this.backend.binding.tensorDataSync(data.id),
      data.shape,
      data.dtype,
    );
    this.refs.set(input.dataId, ref);
    this.lives.constant(ref, data.shape, data.dtype);
    return ref;
  }

  /** Runs `fn` with recording on. Nested recordings are not possible: tracing is synchronous. */
  record<T>(fn: () => T): T {
    const {backend} = this;
    const engine = tf.engine() as unknown as {runKernel: KernelRunner};
    const runKernel = engine.runKernel;
    const readSync = backend.readSync;
    // Own properties shadow the prototype's methods, and deleting them restores those.
    backend.executeSingleOutput = (name, attrs, inputs) => this.add(name, attrs, inputs, 1)[0]!;
    backend.executeMultipleOutputs = (name, attrs, inputs, count) => this.add(name, attrs, inputs, count);
    backend.readSync = dataId => {
      if (this.isTraced(dataId)) throw tracedTensorRead(this.kernels.at(-1), this.refs.get(dataId));
      return readSync.call(backend, dataId);
    };
    engine.runKernel = (name, inputs, attrs) => {
      this.kernels.push(name);
      try {
        return runKernel.call(engine, name, inputs, attrs);
      } finally {
        this.kernels.pop();
      }
    };
    backend.usesOwnKernels = this.ownOps;
    backend.usesOwnConvs = this.ownOps && hasOwnConvs(backend.binding);
    const {bfloat16} = this;
    if (bfloat16)
      backend.executeInBfloat16 = (name, attrs, inputs) => this.addRounded(bfloat16, name, attrs, inputs);
    try {
      return fn();
    } finally {
      const own = backend as Partial<NodeBackend>;
      delete own.executeSingleOutput;
      delete own.executeMultipleOutputs;
      delete own.readSync;
      delete own.usesOwnKernels;
      delete own.usesOwnConvs;
      delete own.executeInBfloat16;
      delete (engine as {runKernel?: unknown}).runKernel;
    }
  }

  private isTraced(dataId: object): boolean {
    if (!this.backend.tensorMap.has(dataId)) return false;
    const data = this.backend.tensorMap.get(dataId);
    return data.values == null && data.id < 0;
  }

  private add(op: string, opAttrs: OpAttr[], inputs: Input[], count: number): tf.Tensor[] {
    const refs = inputs.map(i => this.ref(i));
    const outputs = this.shapes(op, opAttrs, inputs, count);
    const own = this.ownForms?.of({op, refs, inputs: inputs.map(i => this.shaped(i)), outputs});
    if (own) return own.map((ref, i) => this.tensor(ref, outputs[i]!.shape, outputs[i]!.dtype));
    const node = this.graph.node(op, refs, {...this.inferredTypes(op, inputs), ...this.attrs(op, opAttrs)});
    this.ownForms?.added(op, node, refs);
    const nameOf = (i: number) => (i ? `${node}:${i}` : node);
    this.lives.ran(
      op,
      refs,
      outputs.map(({shape, dtype}, i) => [nameOf(i), shape, dtype]),
    );
    return outputs.map(({shape, dtype}, i) => this.tensor(nameOf(i), shape, dtype));
  }

  private addOwn(op: string, refs: readonly string[], shape: readonly number[]): string {
    const node = this.graph.node(op, refs, {});
    this.lives.ran(op, refs, [[node, shape, DT.float32]]);
    return node;
  }

  private addRounded(nodes: Bfloat16Nodes, op: string, opAttrs: OpAttr[], inputs: Input[]): tf.Tensor {
    const [output] = this.shapes(op, opAttrs, inputs, 1);
    const refs = inputs.map(input => {
      const {shape, dtype} = this.shaped(input);
      const ref = this.ref(input);
      return dtype === DT.float32 ? nodes.operand({ref, shape}) : ref;
    });
    return this.tensor(
      nodes.node(op, refs, this.attrs(op, opAttrs), output!.shape),
      output!.shape,
      DT.float32,
    );
  }

  private shapes(op: string, opAttrs: OpAttr[], inputs: Input[], count: number): ShapedOutput[] {
    const shapeFunction = SHAPE_FUNCTIONS[op];
    if (!shapeFunction) return this.executeForShape(op, opAttrs, inputs, count);
    try {
      return shapeFunction(
        inputs.map(i => this.shaped(i)),
        name => opAttrs.find(a => a.name === name)?.value,
      );
    } catch (error) {
      throw opHasNoShape(op, this.kernels.at(-1), error);
    }
  }

  private shaped(input: Input): ShapedInput {
    if ('valueArray' in input) return {shape: [], dtype: DT.int64, values: input.valueArray};
    const data = this.backend.tensorMap.get(input.dataId);
    const values = (data.values ?? undefined) as ArrayLike<number> | undefined;
    return {shape: data.shape, dtype: data.dtype, values};
  }

  /** Runs the op once on zeros of the right shapes. */
  private executeForShape(op: string, opAttrs: OpAttr[], inputs: Input[], count: number): ShapedOutput[] {
    const {binding} = this.backend;
    this.executedOps.add(op);
    const ids = inputs.map(input => {
      const {shape, dtype, values} = this.shaped(input);
      return binding.createTensor(
        shape,
        dtype,
        (values as ArrayBufferView | undefined) ?? zeros(shape, dtype),
      );
    });
    try {
      const results = binding.executeOp(op, opAttrs, ids, count);
      results.forEach(result => binding.deleteTensor(result.id));
      return results.map(({shape, dtype}) => ({shape, dtype}));
    } catch (error) {
      throw opNotRecordable(op, this.kernels.at(-1), error);
    } finally {
      ids.forEach(id => binding.deleteTensor(id));
    }
  }

  private inferredTypes(op: string, inputs: Input[]): Attrs {
    const names = TYPES_OF_INPUTS[op] ?? [];
    return Object.fromEntries(names.map((name, i) => [name, {type: this.shaped(inputs[i]!).dtype}]));
  }

  private attrs(op: string, opAttrs: OpAttr[]): Attrs {
    return Object.fromEntries(opAttrs.map(attr => [attr.name, this.attr(op, attr)]));
  }

  private attr(op: string, {name, type, value}: OpAttr): Attr {
    const b = this.backend.binding;
    const many = Array.isArray(value);
    if (type === b.TF_ATTR_STRING) return many ? {strings: value as string[]} : {string: String(value)};
    if (type === b.TF_ATTR_INT) return many ? {ints: value as number[]} : {int: Number(value)};
    if (type === b.TF_ATTR_FLOAT) return many ? {floats: value as number[]} : {float: Number(value)};
    if (type === b.TF_ATTR_BOOL) return {bool: Boolean(value)};
    if (type === b.TF_ATTR_TYPE) return many ? {types: value as number[]} : {type: Number(value)};
    if (type === b.TF_ATTR_SHAPE) return {shape: value as number[]};
    throw opNotRecordable(
      op,
      this.kernels.at(-1),
      new Error(`attribute "${name}" has an unknown type ${type}`),
    );
  }
}

function zeros(shape: readonly number[], dtype: number): Float32Array | Int32Array | Uint8Array {
  const size = tf.util.sizeFromShape([...shape]);
  if (dtype === DT.float32) return new Float32Array(size);
  return dtype === DT.bool ? new Uint8Array(size) : new Int32Array(size);
}

/** Adds the entries of a program, over shared variables, to one GraphDef. */
import * as tf from '@tensorflow/tfjs-core';
import type {EntrySpec, FeedSpec, GraphBuilder, NamedTensors, VariableSpec} from '@rife-train/core';
import {fetchIsNotATensor, traceReturnedPromise, unknownFeed, unknownVariable} from '@rife-train/errors';
import type {Bfloat16Way} from '../bfloat16/kernels.js';
import type {NodeBackend} from '../runtime/nodeBackend.js';
import {DT, GraphDef} from './graphDef.js';
import {hasOwnKernels} from './ownKernels.js';
import {adamW} from './adamW.js';
import {Recorder} from './recorder.js';
import {type EntryBody, plainBody, xlaBody} from './xla.js';

const FLOAT = {type: DT.float32} as const;

/** What the runner of an entry needs to know. */
export interface CompiledEntry {
  feeds: Record<string, FeedSpec>;
  scalars: string[];
  fetches: {name: string; node: string}[];
}

/** Node names of the variables' own operations. */
export const variableNodes = (i: number) => ({
  handle: `v${i}`,
  value: `v${i}/value`,
  initial: `v${i}/initial`,
  written: `v${i}/written`,
});

export const feedNode = (entry: string, name: string) => `${entry}/feed/${name}`;
export const scalarNode = (entry: string, name: string) => `${entry}/scalar/${name}`;
/** Fetched for its side effects by an entry without fetches. */
export const doneNode = (entry: string) => `${entry}/done`;

/** What an entry added to the graph. */
export interface AddedEntry {
  nodes: number;
  /** Peak bytes of its tensors that are alive at once. */
  bytes: number;
  /** Shape of each output of its nodes, by reference. */
  shapes: ReadonlyMap<string, readonly number[]>;
}

export interface ProgramGraphOptions {
  /** Where the nodes go. @default a new one, without a device */
  graph?: GraphDef;
  ownOps?: boolean;
  /** Where an entry's own ops go. @default the graph */
  bodyOf?: typeof xlaBody;
  /** How convolutions compute in bfloat16. @default in float32 */
  bf16?: Bfloat16Way | undefined;
}

export class ProgramGraph {
  readonly entries = new Map<string, CompiledEntry>();
  readonly executedOps = new Set<string>();
  private readonly indices: Map<string, number>;
  private readonly ownOps: boolean;
  private readonly graph: GraphDef;
  private readonly bodyOf: typeof xlaBody;
  private readonly bf16: Bfloat16Way | undefined;

  /** @param options `ownOps`: record the ops of native/rifeOps.cc. @default where they can run */
  constructor(
    private readonly backend: NodeBackend,
    container: string,
    private readonly variables: readonly VariableSpec[],
    options: ProgramGraphOptions = {},
  ) {
    const {graph = new GraphDef(''), ownOps = hasOwnKernels(backend), bodyOf = plainBody, bf16} = options;
    this.graph = graph;
    this.bodyOf = bodyOf;
    this.ownOps = ownOps;
    this.bf16 = bf16;
    this.indices = new Map(variables.map((v, i) => [v.name, i]));
    variables.forEach((v, i) => this.declareVariable(i, v.shape, container));
  }

  get nodeCount(): number {
    return this.graph.nodeCount;
  }

  toSavedModel(): Uint8Array {
    return this.graph.toSavedModel();
  }

  /**
   * Traces one entry into the graph.
   */
  add(name: string, spec: EntrySpec): AddedEntry {
    const before = this.nodeCount;
    const body = this.bodyOf(this.graph, name);
    const recorder = new Recorder(this.backend, body.graph, this.ownOps, this.bf16);
    const parts = {graph: this.graph, body, recorder};
    tf.tidy(() => {
      const builder = new EntryBuilder(name, spec, parts, v => this.variable(v));
      const fetches = recorder.record(() => {
        const built = spec.build(builder);
        if (typeof (built as {then?: unknown}).then === 'function') throw traceReturnedPromise(name);
        return built;
      });
      this.entries.set(name, builder.finish(fetches));
    });
    recorder.executedOps.forEach(op => this.executedOps.add(op));
    const nodes = this.nodeCount - before;
    return {nodes, bytes: recorder.lives.peakBytes(), shapes: recorder.outputShapes};
  }

  private variable(name: string): {index: number; shape: readonly number[]} {
    const index = this.indices.get(name);
    if (index === undefined) throw unknownVariable(name);
    return {index, shape: this.variables[index]!.shape};
  }

  private declareVariable(i: number, shape: readonly number[], container: string): void {
    const {handle, value, initial, written} = variableNodes(i);
    const {graph} = this;
    graph.node(
      'VarHandleOp',
      [],
      {dtype: FLOAT, shape: {shape}, shared_name: {string: `${container}/v${i}`}},
      handle,
    );
    graph.node('ReadVariableOp', [handle], {dtype: FLOAT}, value);
    const fed = fedCopy(graph, initial, shape, DT.float32);
    const assign = graph.node('AssignVariableOp', [handle, fed], {dtype: FLOAT});
    doneAfter(graph, written, [assign]);
  }
}

/**
 * A placeholder, copied. tfjs-node feeds a typed array's own memory, and a variable keeps whatever
 * tensor it is given. Without the copy the array would change with the variable. TensorFlow's
 * threads would also release it concurrently, which corrupts Node's table of references and crashes
 * much later.
 */
function fedCopy(graph: GraphDef, node: string, shape: readonly number[], dtype: number): string {
  graph.node('Placeholder', [], {dtype: {type: dtype}, shape: {shape}}, node);
  return graph.node('DeepCopy', [node], {T: {type: dtype}});
}

/** A constant that exists only to be fetched after `assigns`. */
function doneAfter(graph: GraphDef, name: string, assigns: readonly string[]): void {
  const value = {dtype: DT.int32, shape: [], values: Int32Array.of(1)};
  graph.node(
    'Const',
    assigns.map(a => `^${a}`),
    {dtype: {type: DT.int32}, value: {tensor: value}},
    name,
  );
}

/**
 * A node that is there only if a condition holds: assignments that wait for it are otherwise not
 * made. This is how TensorFlow's own `cond` does it; nothing is copied.
 */
function gateOf(graph: GraphDef, condition: string): {open: string; shut: string} {
  const one = graph.constant(Int32Array.of(1), [], DT.int32);
  const gate = graph.node('Switch', [one, condition], {T: {type: DT.int32}});
  const side = (output: string) => graph.node('Identity', [output], {T: {type: DT.int32}});
  return {shut: side(gate), open: side(`${gate}:1`)};
}

/** TensorFlow's type of a feed. */
export const FEED_DTYPES = {uint8: DT.uint8, float32: DT.float32, int32: DT.int32} as const;

/** What an entry is written with: its computation into the body, everything else into the graph. */
interface EntryParts {
  graph: GraphDef;
  body: EntryBody;
  recorder: Recorder;
}

/** The builder that is passed to an entry's `build`. */
class EntryBuilder implements GraphBuilder {
  private readonly feeds = new Map<string, tf.Tensor>();
  private readonly scalars = new Map<string, tf.Scalar>();
  private readonly reads = new Map<string, {node: string; tensor: tf.Tensor}>();
  private readonly assigns = new Map<string, string>();
  private condition: string | undefined;
  private readonly graph: GraphDef;
  private readonly recorder: Recorder;
  readonly adamW?: NonNullable<GraphBuilder['adamW']>;

  constructor(
    private readonly entry: string,
    private readonly spec: EntrySpec,
    private readonly parts: EntryParts,
    private readonly variable: (name: string) => {index: number; shape: readonly number[]},
  ) {
    this.graph = parts.graph;
    this.recorder = parts.recorder;
    if (parts.recorder.ownOps) this.adamW = adamW;
    for (const [name, feed] of Object.entries(spec.feeds)) this.feeds.set(name, this.declareFeed(name, feed));
  }

  feed(name: string): tf.Tensor {
    const tensor = this.feeds.get(name);
    if (!tensor) throw unknownFeed(this.entry, name, [...this.feeds.keys()]);
    return tensor;
  }

  scalar(name: string): tf.Scalar {
    let tensor = this.scalars.get(name);
    if (!tensor) {
      const node = scalarNode(this.entry, name);
      const copy = fedCopy(this.graph, node, [], DT.float32);
      tensor = this.recorder.tensor(copy, [], DT.float32) as tf.Scalar;
      this.scalars.set(name, tensor);
    }
    return tensor;
  }

  read(name: string): tf.Tensor {
    let read = this.reads.get(name);
    if (!read) {
      const {index, shape} = this.variable(name);
      const node = this.graph.node('ReadVariableOp', [variableNodes(index).handle], {dtype: FLOAT});
      read = {node, tensor: this.recorder.tensor(node, shape, DT.float32)};
      this.reads.set(name, read);
    }
    return read.tensor;
  }

  assign(name: string, value: tf.Tensor): void {
    const {shape} = this.variable(name);
    tf.util.assertShapesMatch([...shape], value.shape, `assign to "${name}": `);
    this.assigns.set(name, this.outer(value, DT.float32));
  }

  assignOnlyIf(condition: tf.Scalar): void {
    this.condition = this.outer(condition, DT.bool);
  }

  nodeCount(): number {
    return this.graph.nodeCount;
  }

  /** A tensor as an input of a node that is not in the body. */
  private outer(tensor: tf.Tensor, dtype: number): string {
    return this.parts.body.output(this.recorder.ref(tensor), dtype);
  }

  /** Writes assignments (after all reads of the variable) and fetches (after all assignments). */
  finish(fetches: NamedTensors): CompiledEntry {
    const gate = this.condition === undefined ? undefined : gateOf(this.graph, this.condition);
    const assigned = [...this.assigns].map(([name, ref]) => {
      const read = this.reads.get(name);
      const inputs = [
        variableNodes(this.variable(name).index).handle,
        ref,
        ...(read ? [`^${read.node}`] : []),
        ...(gate ? [`^${gate.open}`] : []),
      ];
      return this.graph.node('AssignVariableOp', inputs, {dtype: FLOAT});
    });
    this.declareDone(assigned, gate?.shut);
    const outputs = Object.entries(fetches).map(([name, tensor]) => this.declareFetch(name, tensor));
    return {feeds: this.spec.feeds, scalars: [...this.scalars.keys()], fetches: outputs};
  }

  /** @param shut is there where the assignments are not made */
  private declareDone(assigned: readonly string[], shut: string | undefined): void {
    const done = doneNode(this.entry);
    if (shut === undefined) return doneAfter(this.graph, done, assigned);
    doneAfter(this.graph, `${done}/assigned`, assigned);
    this.graph.node('Merge', [`${done}/assigned`, shut], {N: {int: 2}, T: {type: DT.int32}}, done);
  }

  private declareFeed(name: string, {shape, dtype}: FeedSpec): tf.Tensor {
    const node = feedNode(this.entry, name);
    if (dtype !== 'uint8') {
      const copy = fedCopy(this.graph, node, shape, FEED_DTYPES[dtype]);
      this.recorder.lives.made(copy, shape, FEED_DTYPES[dtype]);
      return this.recorder.tensor(copy, shape, FEED_DTYPES[dtype]);
    }
    this.graph.node('Placeholder', [], {dtype: {type: FEED_DTYPES[dtype]}, shape: {shape}}, node);
    const cast = this.graph.node('Cast', [node], {SrcT: {type: DT.uint8}, DstT: FLOAT});
    this.recorder.lives.made(node, shape, DT.uint8);
    this.recorder.lives.made(cast, shape, DT.float32);
    return this.recorder.tensor(cast, shape, DT.float32);
  }

  private declareFetch(name: string, tensor: tf.Tensor): CompiledEntry['fetches'][number] {
    if (!(tensor instanceof tf.Tensor)) throw fetchIsNotATensor(this.entry, name, tensor);
    const type = {float32: DT.float32, int32: DT.int32, bool: DT.bool}[tensor.dtype as 'float32'];
    const node = this.graph.node(
      'Identity',
      [this.outer(tensor, type)],
      {T: {type}},
      `${this.entry}/fetch/${name}`,
    );
    return {name, node};
  }
}

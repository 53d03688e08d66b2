/** A program captured as one TensorFlow graph: every run of an entry is one native call. */
import {performance} from 'node:perf_hooks';
import type {
  CompileReport,
  EntrySpec,
  FeedValue,
  HostTensor,
  Program,
  SharedFiles,
  VariableSpec,
} from '@rife-train/core';
import {util} from '@tensorflow/tfjs-core';
import {graphRunFailed, isRifeError, unknownEntry, unknownVariable} from '@rife-train/errors';
import type {NodeBackend, TensorMetadata, TfBinding} from '../runtime/nodeBackend.js';
import type {CaptureOptions} from './captureOptions.js';
import {checkFeeds, checkVariableValues} from './checkFeeds.js';
import {DT, GraphDef} from './graphDef.js';
import {loadSession} from './graphFolder.js';
import {
  type CompiledEntry,
  doneNode,
  FEED_DTYPES,
  feedNode,
  ProgramGraph,
  scalarNode,
  variableNodes,
} from './programGraph.js';
import {sharedFilesOf} from './sharedFiles.js';
import {FirstCalls, xlaBody} from './xla.js';

/** Resources are shared by name within a process; each program has a container of its own. */
let containers = 0;

interface Session {
  id: number;
  entries: ReadonlyMap<string, CompiledEntry>;
  /** Runs the first call of each entry; absent where nothing is compiled then. */
  first?: FirstCalls | undefined;
}

type Feed = readonly [node: string, shape: readonly number[], dtype: number, values: ArrayBufferView];

export class CapturedProgram implements Program {
  private readonly specs = new Map<string, EntrySpec>();
  private readonly binding: TfBinding;
  private session: Session | undefined;
  private stale = true;
  /** True if the session's variables have values: each kind of call costs a graph optimisation. */
  private initialized = false;

  constructor(
    private readonly backend: NodeBackend,
    private readonly variables: readonly VariableSpec[],
    private readonly options: CaptureOptions,
  ) {
    this.binding = backend.binding;
  }

  /** Determined when replicas ask for it, because that takes running an op. */
  get files(): SharedFiles | undefined {
    return sharedFilesOf(this.binding, {
      withValues: (names, use) => this.withValues(names, use),
      setValues: (names, tensors) => this.setValues(names, tensors),
      shapeOf: name => this.variables[this.indexOf(name)]!.shape,
    });
  }

  define(name: string, entry: EntrySpec): void {
    this.specs.set(name, entry);
    this.stale = true;
  }

  compile(): CompileReport {
    const start = performance.now();
    const {backend, options, variables} = this;
    const isXla = options.compile === 'xla';
    const graph = new ProgramGraph(backend, `rife${containers++}`, variables, {
      graph: new GraphDef(options.device),
      bf16: options.bf16,
      ...((options.plainOps || isXla) && {ownOps: false}),
      ...(isXla && {bodyOf: xlaBody}),
    });
    const entryNodes: Record<string, number> = {};
    const entryBytes: Record<string, number> = {};
    for (const [name, spec] of this.specs) {
      const {nodes, bytes} = graph.add(name, spec);
      entryNodes[name] = nodes;
      entryBytes[name] = bytes;
    }
    const traced = performance.now();
    // Values move from the old session to the new one; a first session starts from zeros.
    const values = this.initialized ? this.readAll() : undefined;
    const id = loadSession(this.binding, graph.toSavedModel(), options.layout);
    this.closeSession();
    const first = isXla ? new FirstCalls(options.info) : undefined;
    this.session = {id, entries: graph.entries, first};
    this.stale = false;
    this.initialized = false;
    if (values) this.writeAll(values);
    if (graph.executedOps.size)
      options.debug?.(`ops without a shape function: ${[...graph.executedOps].join(', ')}`);
    const [traceMs, loadMs] = [traced - start, performance.now() - traced];
    return {nodes: graph.nodeCount, entryNodes, entryBytes, traceMs, loadMs};
  }

  scalars(entry: string): readonly string[] {
    return this.entry(entry).scalars;
  }

  // Asynchronous by contract: an engine in another thread or process answers later.
  async run(
    entry: string,
    feeds: Record<string, FeedValue>,
    scalars: Record<string, number> = {},
  ): Promise<Record<string, HostTensor>> {
    const compiled = this.entry(entry);
    this.ensureInitialized();
    checkFeeds(entry, compiled.feeds, compiled.scalars, feeds, scalars);
    const inputs = [
      ...Object.entries(compiled.feeds).map(([name, {shape, dtype}]): Feed => [
        feedNode(entry, name),
        shape,
        FEED_DTYPES[dtype],
        feeds[name]!,
      ]),
      ...compiled.scalars.map((name): Feed => [
        scalarNode(entry, name),
        [],
        DT.float32,
        Float32Array.of(scalars[name]!),
      ]),
    ];
    const outputs = [doneNode(entry), ...compiled.fetches.map(f => f.node)];
    const call = () => this.call(inputs, outputs);
    const {first} = this.session!;
    const [, ...tensors] = first ? first.run(entry, call) : call();
    return Object.fromEntries(compiled.fetches.map(({name}, i) => [name, tensors[i]!]));
  }

  async readVariables(names?: readonly string[]): Promise<Map<string, Float32Array>> {
    this.ensureInitialized();
    return this.readAll(names);
  }

  async writeVariables(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    this.ensureCompiled();
    checkVariableValues(this.variables, values);
    if (!this.initialized) return this.writeAll(values);
    const known = this.variables.map((v, i) => [v, i] as const).filter(([v]) => values.has(v.name));
    this.writeEach(known.map(([v, i]) => [i, v.shape, values.get(v.name)!]));
  }

  dispose(): void {
    this.closeSession();
    this.stale = true;
    this.initialized = false;
  }

  private ensureCompiled(): void {
    if (this.stale) this.compile();
  }

  /** Variables that nobody wrote are zeros. */
  private ensureInitialized(): void {
    this.ensureCompiled();
    if (!this.initialized) this.writeAll(new Map());
  }

  private entry(name: string): CompiledEntry {
    this.ensureCompiled();
    const entry = this.session!.entries.get(name);
    if (!entry) throw unknownEntry(name, [...this.specs.keys()]);
    return entry;
  }

  private readAll(names?: readonly string[]): Map<string, Float32Array> {
    const known = this.variables.map(({name}) => name);
    const wanted = names ? known.filter(name => names.includes(name)) : known;
    return this.withTensors(
      wanted,
      ids => new Map(wanted.map((name, i) => [name, this.binding.tensorDataSync(ids[i]!) as Float32Array])),
    );
  }

  /** Sets every variable: to its value in `values`, or to zeros. */
  private writeAll(values: ReadonlyMap<string, Float32Array>): void {
    this.writeEach(
      this.variables.map((v, i) => [
        i,
        v.shape,
        values.get(v.name) ?? new Float32Array(util.sizeFromShape([...v.shape])),
      ]),
    );
    this.initialized = true;
  }

  private writeEach(
    values: (readonly [index: number, shape: readonly number[], values: Float32Array])[],
  ): void {
    const feeds = values.map(([i, shape, v]): Feed => [variableNodes(i).initial, shape, DT.float32, v]);
    if (feeds.length)
      this.call(
        feeds,
        values.map(([i]) => variableNodes(i).written),
      );
  }

  private indexOf(name: string): number {
    const index = this.variables.findIndex(variable => variable.name === name);
    if (index < 0) throw unknownVariable(name);
    return index;
  }

  private withValues(names: readonly string[], use: (tensors: number[]) => void): void {
    this.ensureInitialized();
    this.withTensors(names, use);
  }

  /**
   * Always fetches every variable: this takes no copy, and each other set would need a new graph.
   */
  private withTensors<T>(names: readonly string[], use: (tensors: number[]) => T): T {
    const wanted = names.map(name => this.indexOf(name));
    const nodes = this.variables.map((_, i) => variableNodes(i).value);
    return this.runNodes([], [], nodes, results => use(wanted.map(i => results[i]!.id)));
  }

  private setValues(names: readonly string[], tensors: readonly number[]): void {
    this.ensureInitialized();
    const nodes = names.map(name => variableNodes(this.indexOf(name)));
    const [initial, written] = [nodes.map(node => node.initial), nodes.map(node => node.written)];
    this.runNodes(initial, tensors, written, () => {});
  }

  /** One native call with values of the host. Disposes its tensors, also when it throws. */
  private call(feeds: readonly Feed[], outputs: readonly string[]): HostTensor[] {
    const {binding} = this;
    const ids: number[] = [];
    try {
      for (const [, shape, dtype, values] of feeds) ids.push(binding.createTensor(shape, dtype, values));
      const nodes = feeds.map(([node]) => node);
      return this.runNodes(nodes, ids, outputs, results =>
        results.map(({id, shape}) => ({shape, values: binding.tensorDataSync(id)})),
      );
    } catch (error) {
      throw failedIn(outputs, error);
    } finally {
      ids.forEach(id => binding.deleteTensor(id));
    }
  }

  /** One native call with tensors. The returned ones exist as long as `use` runs. */
  private runNodes<T>(
    feeds: readonly string[],
    tensors: readonly number[],
    outputs: readonly string[],
    use: (results: TensorMetadata[]) => T,
  ): T {
    const {binding} = this;
    const names = (nodes: readonly string[]) => nodes.map(n => `${n}:0,`).join('');
    const ids: number[] = [];
    try {
      const results = binding.runSavedModel(this.session!.id, [...tensors], names(feeds), names(outputs));
      ids.push(...results.map(({id}) => id));
      return use(results);
    } catch (error) {
      throw failedIn(outputs, error);
    } finally {
      ids.forEach(id => binding.deleteTensor(id));
    }
  }

  private closeSession(): void {
    if (this.session) this.binding.deleteSavedModel(this.session.id);
    this.session = undefined;
  }
}

const failedIn = (outputs: readonly string[], error: unknown) =>
  isRifeError(error) ? error : graphRunFailed(outputs[0]!, error);

/**
 * The same program run op by op through tfjs: slow, but on any tfjs backend and with every value
 * readable.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {
  CompileReport,
  EntrySpec,
  FeedValue,
  GraphBuilder,
  HostTensor,
  NamedTensors,
  Program,
  VariableSpec,
} from '@rife-train/core';
import {executeInBfloat16} from '../bfloat16/execute.js';
import type {Bfloat16Way} from '../bfloat16/kernels.js';
import type {NodeBackend, OpAttr} from '../runtime/nodeBackend.js';
import {badFeed, traceReturnedPromise, unknownEntry, unknownFeed, unknownVariable} from '@rife-train/errors';
import {checkFeeds, checkVariableValues} from './checkFeeds.js';

/** The host's inputs to a run, as tensors by name. */
export interface EntryValues {
  feed(name: string): tf.Tensor;
  scalar(name: string): tf.Scalar;
}

/** What an entry assigns, by variable, and on which condition. */
export interface Assignments {
  values: Map<string, tf.Tensor>;
  condition?: tf.Scalar;
}

export class EagerProgram implements Program {
  private readonly specs = new Map<string, EntrySpec>();
  private readonly declared = new Map<string, readonly string[]>();
  protected readonly values: Map<string, tf.Tensor>;

  /** @param bf16 how convolutions compute in bfloat16. @default in float32 */
  constructor(
    private readonly variables: readonly VariableSpec[],
    private readonly bf16?: Bfloat16Way,
  ) {
    this.values = new Map(variables.map(v => [v.name, tf.keep(tf.zeros([...v.shape]))]));
  }

  define(name: string, entry: EntrySpec): void {
    this.specs.set(name, entry);
    this.declared.delete(name);
  }

  /** Nothing to compile. */
  compile(): CompileReport {
    return {nodes: 0, traceMs: 0, loadMs: 0};
  }

  /** Declares by running once on zeros: op by op, nothing is known before an entry has run. */
  scalars(entry: string): readonly string[] {
    const known = this.declared.get(entry);
    if (known) return known;
    const names = new Set<string>();
    tf.tidy(() => {
      const feed = (name: string) => tf.zeros([...this.spec(entry).feeds[name]!.shape]);
      const scalar = (name: string) => (names.add(name), tf.scalar(0));
      this.build(entry, {feed, scalar}, {values: new Map()});
    });
    this.declared.set(entry, [...names]);
    return [...names];
  }

  async run(
    entry: string,
    feeds: Record<string, FeedValue>,
    scalars: Record<string, number> = {},
  ): Promise<Record<string, HostTensor>> {
    const spec = this.spec(entry);
    checkFeeds(entry, spec.feeds, this.scalarsFor(entry, scalars), feeds, scalars);
    const assigned: Assignments = {values: new Map()};
    const fetches = tf.tidy(() => {
      const feed = (name: string) =>
        feedTensor(feeds[name]!, spec.feeds[name]!.shape, spec.feeds[name]!.dtype);
      const scalar = (name: string) => {
        const value = scalars[name];
        if (typeof value !== 'number') throw badFeed(entry, name, String(value), 'a number');
        return tf.scalar(value);
      };
      const built = this.build(entry, {feed, scalar}, assigned);
      if (!this.mayAssign(assigned.condition)) assigned.values.clear();
      assigned.values.forEach(value => tf.keep(value));
      return built;
    });
    for (const [name, value] of assigned.values) this.replace(name, value);
    const host = Object.entries(fetches).map(
      ([name, t]) => [name, {shape: t.shape, values: t.dataSync()}] as const,
    );
    Object.values(fetches).forEach(t => t.dispose());
    return Object.fromEntries(host);
  }

  async readVariables(names?: readonly string[]): Promise<Map<string, Float32Array>> {
    const wanted = [...this.values].filter(([name]) => !names || names.includes(name));
    return new Map(wanted.map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]));
  }

  async writeVariables(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    checkVariableValues(this.variables, values);
    for (const [name, value] of values)
      this.replace(name, tf.keep(tf.tensor(Float32Array.from(value), this.values.get(name)!.shape)));
  }

  dispose(): void {
    this.values.forEach(tensor => tensor.dispose());
    this.values.clear();
  }

  private spec(entry: string): EntrySpec {
    const spec = this.specs.get(entry);
    if (!spec) throw unknownEntry(entry, [...this.specs.keys()]);
    return spec;
  }

  /** Names of the scalars that a run needs. */
  protected scalarsFor(entry: string, _given: Record<string, number>): readonly string[] {
    return this.scalars(entry);
  }

  protected build(entry: string, {feed, scalar}: EntryValues, assigned: Assignments): NamedTensors {
    const {feeds, build} = this.spec(entry);
    const once = memo((name: string) => {
      if (!feeds[name]) throw unknownFeed(entry, name, Object.keys(feeds));
      return feed(name);
    });
    const builder: GraphBuilder = {
      feed: once,
      scalar: memo(scalar),
      read: name => this.values.get(name) ?? fail(unknownVariable(name)),
      assign: (name, value) => {
        const old = this.values.get(name) ?? fail(unknownVariable(name));
        tf.util.assertShapesMatch(old.shape, value.shape, `assign to "${name}": `);
        // A copy: the value may be a variable itself, which must not be disposed with the old one.
        assigned.values.set(name, tf.clone(value));
      },
      assignOnlyIf: condition => void (assigned.condition = condition),
    };
    const built = this.inPrecision(() => build(builder));
    if (typeof (built as {then?: unknown}).then === 'function') throw traceReturnedPromise(entry);
    // Clones, so that a fetch that is a variable itself can be disposed.
    return Object.fromEntries(Object.entries(built).map(([name, tensor]) => [name, tf.clone(tensor)]));
  }

  private inPrecision<T>(run: () => T): T {
    if (!this.bf16) return run();
    const backend = tf.backend() as unknown as NodeBackend;
    backend.executeInBfloat16 = (...op) => this.rounded(backend, this.bf16!, ...op);
    try {
      return run();
    } finally {
      delete backend.executeInBfloat16;
    }
  }

  /** One op in bfloat16. */
  protected rounded(
    ...op: [NodeBackend, Bfloat16Way, name: string, attrs: OpAttr[], inputs: tf.TensorInfo[]]
  ): tf.Tensor {
    return executeInBfloat16(...op);
  }

  /** @param condition of the assignments of a run; undefined where there is none */
  protected mayAssign(condition: tf.Scalar | undefined): boolean {
    return !condition || condition.dataSync()[0] !== 0;
  }

  private replace(name: string, value: tf.Tensor): void {
    this.values.get(name)?.dispose();
    this.values.set(name, value);
  }
}

function fail(error: Error): never {
  throw error;
}

function memo<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return name => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const fresh = make(name);
    made.set(name, fresh);
    return fresh;
  };
}

// The values are copied: the backend uploads them later, when the caller may have reused the array.
function feedTensor(values: FeedValue, shape: readonly number[], dtype: string): tf.Tensor {
  if (dtype === 'int32') return tf.tensor(Int32Array.from(values), [...shape], 'int32');
  return tf.tensor(Float32Array.from(values), [...shape], 'float32');
}

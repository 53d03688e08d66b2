/**
 * A small eager `Program` for core's own tests; the engine has the real ones. Refuses to let an
 * entry read values.
 */
import '@tensorflow/tfjs'; // gradients and the JS backend
import * as tf from '@tensorflow/tfjs-core';
import type {
  Engine,
  EntrySpec,
  FeedValue,
  GraphBuilder,
  HostTensor,
  Program,
  VariableSpec,
} from '../../contract/index.js';

// Kernels are checked for leaked data, and the JS backend does not advise to install the native
// one.
tf.env().set('IS_TEST', true);

/** While an entry is built, reading a tensor is an error, as it is while tracing. */
function withoutReads<T>(build: () => T): T {
  const {dataSync, data} = tf.Tensor.prototype;
  const refuse = () => {
    throw new Error('an entry read a tensor value');
  };
  Object.assign(tf.Tensor.prototype, {dataSync: refuse, data: refuse});
  try {
    return build();
  } finally {
    Object.assign(tf.Tensor.prototype, {dataSync, data});
  }
}

export class TestProgram implements Program {
  readonly variables = new Map<string, tf.Tensor>();
  private readonly entries = new Map<string, EntrySpec>();
  private readonly declared = new Map<string, Set<string>>();
  /** Called before each run; a test may throw from here. */
  beforeRun: (entry: string, scalars: Record<string, number>) => void = () => {};
  disposed = false;

  constructor(specs: readonly VariableSpec[]) {
    for (const {name, shape} of specs) this.variables.set(name, tf.keep(tf.zeros([...shape])));
  }

  define(name: string, entry: EntrySpec): void {
    this.entries.set(name, entry);
    this.declared.set(name, new Set());
  }

  compile() {
    return {nodes: 0, traceMs: 0, loadMs: 0};
  }

  scalars(entry: string): readonly string[] {
    return [...this.declared.get(entry)!];
  }

  async run(name: string, feeds: Record<string, FeedValue>, scalars: Record<string, number> = {}) {
    this.beforeRun(name, scalars);
    const entry = this.entries.get(name)!;
    const assigned = new Map<string, tf.Tensor>();
    let condition: tf.Scalar | undefined;
    const fetched = tf.tidy(() => {
      const inputs = this.feedTensors(entry, feeds);
      const graph: GraphBuilder = {
        feed: feed => inputs[feed] ?? fail(`no feed ${feed}`),
        scalar: scalar => {
          this.declared.get(name)!.add(scalar);
          return tf.scalar(scalars[scalar] ?? fail(`no scalar ${scalar}`));
        },
        read: variable => this.variables.get(variable) ?? fail(`no variable ${variable}`),
        assign: (variable, value) => void assigned.set(variable, tf.keep(tf.clone(value))),
        assignOnlyIf: scalar => void (condition = tf.keep(tf.clone(scalar))),
      };
      return withoutReads(() => entry.build(graph));
    });
    if (condition?.dataSync()[0] === 0) {
      assigned.forEach(value => value.dispose());
      assigned.clear();
    }
    condition?.dispose();
    for (const [variable, value] of assigned) this.replace(variable, value);
    return Object.fromEntries(Object.entries(fetched).map(([key, tensor]) => [key, take(tensor)]));
  }

  async readVariables(names = [...this.variables.keys()] as readonly string[]) {
    return new Map(names.map(name => [name, Float32Array.from(this.variables.get(name)!.dataSync())]));
  }

  async writeVariables(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [name, value] of values)
      this.replace(name, tf.keep(tf.tensor(Float32Array.from(value), this.variables.get(name)!.shape)));
  }

  dispose(): void {
    for (const tensor of this.variables.values()) tensor.dispose();
    this.disposed = true;
  }

  private replace(name: string, value: tf.Tensor): void {
    this.variables.get(name)!.dispose();
    this.variables.set(name, value);
  }

  private feedTensors(entry: EntrySpec, feeds: Record<string, FeedValue>): Record<string, tf.Tensor> {
    return Object.fromEntries(
      Object.entries(entry.feeds).map(([name, {shape}]) => [
        name,
        tf.tensor(Float32Array.from(feeds[name] ?? fail(`missing ${name}`)), [...shape]),
      ]),
    );
  }
}

function fail(message: string): never {
  throw new Error(message);
}

function take(tensor: tf.Tensor): HostTensor {
  const values = Float32Array.from(tensor.dataSync());
  const {shape} = tensor;
  tensor.dispose();
  return {shape, values};
}

/** An engine whose last program can be looked at. */
export class TestEngine implements Engine {
  readonly description = 'test engine';
  program: TestProgram | undefined;

  createProgram(variables: readonly VariableSpec[]): Program {
    return (this.program = new TestProgram(variables));
  }
}

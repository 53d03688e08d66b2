/**
 * Entries compiled by XLA. Every op of an entry's own computation carries the name of a cluster;
 * before a graph runs, TensorFlow turns a cluster into one function, compiles it and calls it as
 * one op (docs/decisions/0031-xla.md).
 */
import {performance} from 'node:perf_hooks';
import {entryNotCompiled} from '@rife-train/errors';
import {type Attrs, GraphDef} from './graphDef.js';

/** Where the ops of an entry are written. */
export interface EntryBody {
  /** Takes the ops of the computation, and its constants. */
  readonly graph: GraphDef;
  /** What a node outside of the computation has as its input, for a result of it. */
  output(ref: string, dtype: number): string;
}

/** Ops that TensorFlow runs one by one. */
export const plainBody = (graph: GraphDef): EntryBody => ({graph, output: ref => ref});

/** TensorFlow's attribute: nodes with one value become one compiled function. */
const CLUSTER = '_xla_compile_id';

/** Writes to another GraphDef, and marks what it writes as a cluster. */
class MarkingGraph extends GraphDef {
  readonly written = new Set<string>();

  constructor(
    private readonly outer: GraphDef,
    private readonly cluster: string,
  ) {
    super('');
  }

  override get nodeCount(): number {
    return this.outer.nodeCount;
  }

  override node(op: string, inputs: readonly string[], attrs: Attrs, name?: string): string {
    const given = this.outer.node(op, inputs, {...attrs, [CLUSTER]: {string: this.cluster}}, name);
    this.written.add(given);
    return given;
  }
}

/**
 * Ops that XLA compiles into one computation. Variables, feeds and fetches are outside of it. Its
 * constants are its own: XLA must know shapes and axes.
 *
 * @param outer where the nodes go
 * @param entry names the cluster
 */
export function xlaBody(outer: GraphDef, entry: string): EntryBody {
  const graph = new MarkingGraph(outer, `${entry}/xla`);
  const outputs = new Map<string, string>();
  const output = (ref: string, dtype: number): string => {
    const [node] = ref.split(':');
    if (!graph.written.has(node!)) return ref;
    const known = outputs.get(ref) ?? outer.node('XlaClusterOutput', [ref], {T: {type: dtype}});
    outputs.set(ref, known);
    return known;
  };
  return {graph, output};
}

/** Reports the first call of each entry of a session, in which XLA compiles it. */
export class FirstCalls {
  private readonly made = new Set<string>();

  /** @param report receives a line before and after each first call */
  constructor(private readonly report: (text: string) => void = () => {}) {}

  /** @throws RIFE_ERR_ENGINE_XLA if the first call fails */
  run<T>(entry: string, call: () => T): T {
    if (this.made.has(entry)) return call();
    this.report(`XLA compiles "${entry}": for a whole network this takes half a minute or more`);
    const start = performance.now();
    try {
      const result = call();
      this.made.add(entry);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      this.report(`XLA compiled "${entry}" and ran it for the first time in ${seconds} s`);
      return result;
    } catch (error) {
      throw entryNotCompiled(entry, error);
    }
  }
}

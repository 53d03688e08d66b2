/** The ops of an entry as a list, for programs that write it in another form. */
import type {EntrySpec, VariableSpec} from '@rife-train/core';
import type {NodeBackend} from '../runtime/nodeBackend.js';
import {GraphDef, type Attrs} from './graphDef.js';
import {doneNode, feedNode, ProgramGraph, variableNodes} from './programGraph.js';

/** One op. Its inputs are `name`, or `name:i` for output i. */
export interface RecordedNode {
  name: string;
  op: string;
  inputs: readonly string[];
  attrs: Attrs;
}

/** An entry's ops, in an order in which they can run. */
export interface RecordedGraph {
  nodes: readonly RecordedNode[];
  /** Shape of each output that is no constant, by reference. */
  shapes: ReadonlyMap<string, readonly number[]>;
  /** Names of feeds, by the node that stands for them. */
  feeds: ReadonlyMap<string, string>;
  /** Names of variables, by the node of their handle. */
  variables: ReadonlyMap<string, string>;
  /** Nodes of fetches, by name. */
  fetches: ReadonlyMap<string, string>;
  /** The node that runs after all assignments. */
  done: string;
}

/** A GraphDef that also keeps what it wrote. */
class NodeList extends GraphDef {
  readonly nodes: RecordedNode[] = [];

  override node(op: string, inputs: readonly string[], attrs: Attrs, name?: string): string {
    const given = super.node(op, inputs, attrs, name);
    this.nodes.push({name: given, op, inputs, attrs});
    return given;
  }
}

const ENTRY = 'entry';

/** Options of {@link recordEntry}. */
export interface RecordOptions {
  /**
   * Record TensorFlow's own ops only, as for a GPU; else also those of native/rifeOps.cc, such as
   * `RifeWarp`, which say what is computed. @default false
   */
  plainOps?: boolean;
}

/** Records an entry; nothing runs. */
export function recordEntry(
  backend: NodeBackend,
  variables: readonly VariableSpec[],
  spec: EntrySpec,
  {plainOps = false}: RecordOptions = {},
): RecordedGraph {
  const list = new NodeList('');
  const graph = new ProgramGraph(backend, 'recorded', variables, {graph: list, ownOps: !plainOps});
  const {shapes} = graph.add(ENTRY, spec);
  const {fetches} = graph.entries.get(ENTRY)!;
  return {
    nodes: list.nodes,
    shapes,
    feeds: new Map(Object.keys(spec.feeds).map(name => [feedNode(ENTRY, name), name])),
    variables: new Map(variables.map(({name}, i) => [variableNodes(i).handle, name])),
    fetches: new Map(fetches.map(({name, node}) => [name, node])),
    done: doneNode(ENTRY),
  };
}

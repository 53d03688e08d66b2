/**
 * An eager program that checks the output of each op, to find where a number that is not finite
 * comes from.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {FeedValue, HostTensor, NamedTensors, OpFinding, Probe, VariableSpec} from '@rife-train/core';
import type {Bfloat16Way} from '../bfloat16/kernels.js';
import type {NodeBackend, OpAttr, TensorData} from '../runtime/nodeBackend.js';
import {EagerProgram, type Assignments, type EntryValues} from './eagerProgram.js';
import {DT} from './graphDef.js';
import {Trail, type Content} from './trail.js';

/** Most ops that are reported: weights that are not finite affect hundreds. */
const MOST_FINDINGS = 8;

interface TapeNode {
  kernelName: string;
  gradient?: (dys: unknown) => unknown;
}
interface TapeEngine {
  state: {activeTape?: TapeNode[]};
  addTapeNode?: (...args: unknown[]) => void;
}
const tapeEngine = () => tf.engine() as unknown as TapeEngine;
/** The gradient tape of tfjs: nodes of what is differentiated, in order. */
const tape = () => tapeEngine().state.activeTape ?? [];

export class ProbeProgram extends EagerProgram implements Probe {
  readonly findings: OpFinding[] = [];
  private readonly trail = new Trail(data => this.contentOf(data));
  /** Names of the fetches and variables that are not finite, with the ops that cause it. */
  private readonly ends = new Map<string, number>();
  /** Scope of each node of the tape, by index. */
  private readonly scopes: string[] = [];
  private backwardOf: string | undefined;

  constructor(
    variables: readonly VariableSpec[],
    private readonly backend: NodeBackend,
    private readonly where: () => string,
    bf16?: Bfloat16Way,
  ) {
    super(variables, bf16);
  }

  override async run(
    entry: string,
    feeds: Record<string, FeedValue>,
    scalars: Record<string, number> = {},
  ): Promise<Record<string, HostTensor>> {
    this.findings.length = 0;
    this.backwardOf = undefined;
    const {backend} = this;
    const {executeSingleOutput, executeMultipleOutputs} = backend;
    backend.executeSingleOutput = (name, attrs, inputs) =>
      this.look(name, inputs, [executeSingleOutput.call(backend, name, attrs, inputs)])[0]!;
    backend.executeMultipleOutputs = (name, attrs: OpAttr[], inputs, count) =>
      this.look(name, inputs, executeMultipleOutputs.call(backend, name, attrs, inputs, count));
    const engine = tapeEngine();
    const {addTapeNode} = engine;
    engine.addTapeNode = (...args) => {
      addTapeNode!.apply(engine, args);
      this.scopes[tape().length - 1] = this.where();
    };
    try {
      return await super.run(entry, feeds, scalars);
    } finally {
      // Own properties shadow the prototype's methods, and deleting them restores those.
      delete engine.addTapeNode;
      this.backwardOf = undefined;
      this.scopes.length = 0;
      const own = backend as Partial<NodeBackend>;
      delete own.executeSingleOutput;
      delete own.executeMultipleOutputs;
    }
  }

  /** Wraps the gradient of each node: ops that run in it belong to the node's scope. */
  endForward(): void {
    tape().forEach((node, i) => {
      const {gradient} = node;
      if (!gradient) return;
      node.gradient = dys => {
        this.backwardOf = `gradient of ${this.scopes[i] ?? node.kernelName}`;
        return gradient(dys);
      };
    });
  }

  endBackward(): void {
    this.backwardOf = undefined;
  }

  originsOf(names: readonly string[]): OpFinding[] {
    return this.trail.originsOf(names.flatMap(name => this.ends.get(name) ?? [])).slice(0, MOST_FINDINGS);
  }

  protected override rounded(...op: Parameters<EagerProgram['rounded']>): tf.Tensor {
    const [, , name, , inputs] = op;
    return this.look(name, inputs, [super.rounded(...op)])[0]!;
  }

  /** Takes the declared names: a dry run to find them would take as long as the run itself. */
  protected override scalarsFor(_entry: string, given: Record<string, number>): readonly string[] {
    return Object.keys(given);
  }

  protected override build(entry: string, {feed, scalar}: EntryValues, assigned: Assignments): NamedTensors {
    const named = <T extends tf.Tensor>(kind: string, valueOf: (name: string) => T) => {
      return (name: string) => {
        const value = valueOf(name);
        this.trail.name(value.dataId, `${kind} "${name}"`);
        return value;
      };
    };
    for (const [name, {dataId}] of this.values) this.trail.name(dataId, `variable "${name}"`);
    const values = {feed: named('feed', feed), scalar: named('scalar', scalar)};
    const fetches = super.build(entry, values, assigned);
    for (const [name, {dataId}] of [...assigned.values, ...Object.entries(fetches)]) this.end(name, dataId);
    return fetches;
  }

  /** What would have been refused is what a probe is there to look at. */
  protected override mayAssign(): boolean {
    return true;
  }

  private end(name: string, data: object): void {
    const index = this.trail.indexOf(data);
    if (index === undefined) this.ends.delete(name);
    else this.ends.set(name, index);
  }

  private look(op: string, inputs: readonly tf.TensorInfo[], outputs: tf.Tensor[]): tf.Tensor[] {
    // An Int64Scalar of tfjs-node has no data.
    const data = inputs.flatMap(({dataId}) => dataId ?? []);
    const scope = this.backwardOf ?? this.where();
    const made = outputs.map(({dataId}) => dataId);
    const finding = this.trail.add(op, scope, data, made);
    if (finding && this.findings.length < MOST_FINDINGS) this.findings.push(finding);
    return outputs;
  }

  private contentOf(dataId: object): Content {
    const data = this.backend.tensorMap.get(dataId);
    return {shape: data.shape, isFinite: () => this.isFinite(data), largest: () => this.largest(data)};
  }

  private isFinite({dtype, values, id}: TensorData): boolean {
    if (dtype !== DT.float32) return true;
    if (values) return (values as Float32Array).every(Number.isFinite);
    return this.reduce(id, ['IsFinite', 'All']) === 1;
  }

  private largest({dtype, values, id}: TensorData): number {
    if (dtype !== DT.float32) return 0;
    if (values) return (values as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return this.reduce(id, ['Abs', 'Max']);
  }

  /** A map, then a reduction over everything, by the binding itself: tfjs must not notice. */
  private reduce(id: number, [map, reduction]: readonly [string, string]): number {
    const {binding} = this.backend;
    const own: number[] = [];
    const keep = (made: number) => (own.push(made), made);
    try {
      const mapped = keep(binding.executeOp(map, [], [id], 1)[0]!.id);
      const flat = keep(binding.executeOp('Reshape', [], [mapped, keep(int32(binding, [-1]))], 1)[0]!.id);
      const result = keep(binding.executeOp(reduction, [], [flat, keep(int32(binding, [0]))], 1)[0]!.id);
      return Number(binding.tensorDataSync(result)[0]);
    } finally {
      own.forEach(made => binding.deleteTensor(made));
    }
  }
}

const int32 = (binding: NodeBackend['binding'], values: number[]) =>
  binding.createTensor([values.length], DT.int32, Int32Array.from(values));

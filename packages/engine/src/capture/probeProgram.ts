/** An eager program that looks at what each op puts out, to find where a number that is not finite comes from. */
import * as tf from '@tensorflow/tfjs-core';
import type {FeedValue, HostTensor, OpFinding, Probe, VariableSpec} from '@rife-train/core';
import type {NodeBackend, OpAttr, TensorData} from '../runtime/nodeBackend.js';
import {EagerProgram} from './eagerProgram.js';
import {DT} from './graphDef.js';

/** A run that is not finite soon has nothing but such ops; the first ones tell. */
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
/** The tape of tfjs: nodes of what is differentiated, in order. */
const tape = () => tapeEngine().state.activeTape ?? [];

export class ProbeProgram extends EagerProgram implements Probe {
  readonly findings: OpFinding[] = [];
  /** Outputs of watched ops. */
  private readonly made = new WeakSet<object>();
  /** Scope of each node of the tape, by index. */
  private readonly scopes: string[] = [];
  private backwardOf: string | undefined;

  constructor(
    variables: readonly VariableSpec[],
    private readonly backend: NodeBackend,
    private readonly where: () => string,
  ) {
    super(variables);
  }

  override async run(
    entry: string,
    feeds: Record<string, FeedValue>,
    scalars: Record<string, number> = {},
  ): Promise<Record<string, HostTensor>> {
    this.scalars(entry); // on zeros, which is not to be looked at
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

  /** Wraps the gradient of each node: what runs in it belongs to the node's scope. */
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

  private look(op: string, inputs: readonly tf.TensorInfo[], outputs: tf.Tensor[]): tf.Tensor[] {
    for (const {dataId} of outputs) this.made.add(dataId);
    if (
      this.findings.length < MOST_FINDINGS &&
      !outputs.every(({dataId}) => this.isFinite(this.dataOf(dataId)))
    )
      this.note(op, inputs);
    return outputs;
  }

  private note(op: string, inputs: readonly tf.TensorInfo[]): void {
    const data = inputs.filter(({dataId}) => dataId !== undefined);
    const broken = data.filter(({dataId}) => !this.isFinite(this.dataOf(dataId)));
    // Carried on from an op before.
    if (broken.some(({dataId}) => this.made.has(dataId))) return;
    const whole = data.filter(info => !broken.includes(info));
    this.findings.push({
      op,
      scope: this.backwardOf ?? this.where(),
      inputs: data.map(({shape}) => [...shape]),
      largestInput: whole.reduce((most, {dataId}) => Math.max(most, this.largest(this.dataOf(dataId))), 0),
      fromOutside: broken.length > 0,
    });
  }

  private dataOf(dataId: object): TensorData {
    return this.backend.tensorMap.get(dataId);
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

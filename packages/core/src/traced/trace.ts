import * as tf from '@tensorflow/tfjs-core';
import {logKey, traceParameter} from '@rife-train/errors';
import type {GraphBuilder, Model, Scope, Trace, TracedParameter, TrainerHooks} from '../contract/index.js';
import type {TapSession} from '../plugins/driver.js';
import {predictedVariables} from '../weights/averages.js';
import {Carry} from './carry.js';
import {TRAINER, type ScalarTable} from './scalars.js';

/** What every traced part is built from. */
export interface TracedContext {
  model: Model;
  hooks: TrainerHooks;
  session: TapSession;
  scalars: ScalarTable;
  /** Of the run, for what is drawn at each step. */
  seed: number;
  microSteps: number;
  betas: readonly [number, number];
  /** Present while a step is examined. */
  watch?: Watch;
}

/** Looks on while an entry is built op by op. */
export interface Watch {
  scope: Scope;
  flow(block: string, flow: tf.Tensor4D): void;
  endForward(): void;
  endBackward(): void;
}

/** The scope of what nobody looks at. */
export const unwatched: Scope = (_name, run) => run();

/** tfjs numbers its tensors; the counter itself is private. */
function nextTensorId(): number {
  const probe = tf.scalar(0);
  probe.dispose();
  return probe.id;
}

/** The trainer's `Trace`: one per build of an entry. */
export class EntryTrace implements Trace {
  /** Ids of the tensors that taps got from here; the driver lets them pass. */
  readonly handedOut = new Set<number>();
  private readonly logs = new Carry();

  constructor(
    private readonly entry: string,
    private readonly graph: GraphBuilder,
    private readonly context: TracedContext,
  ) {
    context.session.firstTensorId = nextTensorId();
    context.session.tracing = graph.nodeCount && {entry, nodeCount: () => graph.nodeCount!()};
    context.scalars.beginBuild();
  }

  get gap(): tf.Tensor1D {
    return this.handOut(this.graph.feed('gap') as tf.Tensor1D);
  }

  get timestep(): tf.Tensor1D {
    return this.handOut(this.graph.feed('timestep') as tf.Tensor1D);
  }

  get training(): boolean {
    return this.entry !== 'predict';
  }

  scalar(name: string, value: Parameters<Trace['scalar']>[1]): tf.Scalar {
    this.context.scalars.declare(this.entry, this.plugin, this.hook, name, value);
    return this.handOut(this.graph.scalar(name));
  }

  parameter(name: string): TracedParameter {
    const {parameters} = this.context.model;
    const spec = parameters.find(parameter => parameter.name === name);
    if (!spec) throw traceParameter(this.plugin, this.hook, name, parameters.length);
    const variable = this.training ? name : predictedVariables(this.context.model).get(name)!;
    return {value: this.handOut(this.graph.read(variable)), spec};
  }

  log(key: string, value: tf.Scalar): void {
    const refuse = (problem: string) => logKey(this.plugin, this.hook, key, problem);
    if (!/^[^/]+\/.+/.test(key)) throw refuse('the key is not "<plugin>/<what>"');
    if (!(value instanceof tf.Tensor) || value.size !== 1) throw refuse('the value is not a scalar tensor');
    if (this.logs.has(key)) throw refuse('the key is already in use in this step');
    this.logs.put(key, tf.reshape(value, []));
  }

  /** Fetches `log/<key>` of everything that was logged. */
  releaseLogs(): Record<string, tf.Tensor> {
    return Object.fromEntries(
      Object.entries(this.logs.release()).map(([key, tensor]) => [`log/${key}`, tensor]),
    );
  }

  private handOut<T extends tf.Tensor>(tensor: T): T {
    this.handedOut.add(tensor.id);
    return tensor;
  }

  private get plugin(): string {
    return this.context.session.plugin ?? TRAINER;
  }

  private get hook(): string {
    return this.context.session.hook ?? 'model';
  }
}

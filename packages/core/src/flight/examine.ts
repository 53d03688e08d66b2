/** Runs a step again, op by op, on the same weights and batch, to name what went wrong. */
import * as tf from '@tensorflow/tfjs-core';
import type {Batch, Engine, OpFinding, Program, Scope} from '../contract/index.js';
import {isFiniteArray, stateVariables} from '../checkpoint/snapshot.js';
import {gradientOf} from '../optim/adamW.js';
import {variablesOf} from '../tensors.js';
import {FIRST_MICRO_STEP, gradientsEntry, type BatchShape} from '../traced/gradients.js';
import type {TracedContext} from '../traced/trace.js';

/** What an examination found. JSON. */
export interface Examination {
  /** Micro-step that was run again. */
  microStep: number;
  /** The op that it comes from; none when everything is finite op by op. */
  first?: OpFinding;
  /** Ops behind it that turned finite numbers into others, too. */
  others: number;
  /** Weights, moments or buffers that are not finite, by name; the first few. */
  brokenVariables: string[];
  /** Norm of the gradient, by the first part of the parameters' names. NaN where it is not finite. */
  gradNorms: Record<string, number>;
  /** Largest |flow component| of each block's own flow, in pixels. */
  flows: Record<string, number>;
}

/** What is run again. */
export interface ExamineRequest {
  engine: Engine;
  /** As the run was traced. */
  traced: TracedContext;
  /** Weights and moments at the start of the step. */
  program: Pick<Program, 'readVariables'>;
  batch: Batch;
  shape: BatchShape;
  microStep: number;
  /** Values of the scalars of the entry `gradients`, by name. */
  scalars: Readonly<Record<string, number>>;
}

const partOf = (parameter: string) => parameter.split('.')[0]!;
const SHOWN = 5;

function normsByPart(names: readonly string[], gradients: ReadonlyMap<string, Float32Array>) {
  const squares: Record<string, number> = {};
  for (const name of names) {
    const sum = gradients.get(gradientOf(name))!.reduce((s, x) => s + x * x, 0);
    squares[partOf(name)] = (squares[partOf(name)] ?? 0) + sum;
  }
  return Object.fromEntries(Object.entries(squares).map(([part, sum]) => [part, Math.sqrt(sum)]));
}

/** Scopes in each other, and the tap that is running. */
class Scopes {
  private readonly open: string[] = [];

  constructor(private readonly session: TracedContext['session']) {}

  readonly where = (): string => {
    const {plugin, hook} = this.session;
    if (plugin !== undefined) return `plugin ${plugin}, hook ${hook}`;
    return this.open.join(', ') || 'the step itself';
  };

  readonly scope: Scope = (name, run) => {
    this.open.push(name);
    try {
      return run();
    } finally {
      this.open.pop();
    }
  };
}

/** @returns undefined where the engine has no probe */
export async function examine(request: ExamineRequest): Promise<Examination | undefined> {
  const {engine, traced, program, batch, shape, microStep, scalars} = request;
  const {model, session} = traced;
  const scopes = new Scopes(session);
  const probe = engine.createProbe?.(variablesOf(model), scopes.where);
  if (!probe) return undefined;
  const flows: Record<string, number> = {};
  const watch = {
    scope: scopes.scope,
    // Read outside of any tape: a value that is looked at is no part of what is differentiated.
    flow: (block: string, flow: tf.Tensor) => void (flows[block] = largest(flow.dataSync())),
    endForward: () => probe.endForward(),
  };
  try {
    const values = await program.readVariables(stateVariables(model));
    await probe.writeVariables(values);
    probe.define('gradients', gradientsEntry({...traced, watch}, shape));
    const {images, gap, timestep} = batch;
    const first: Record<string, number> = traced.microSteps > 1 ? {[FIRST_MICRO_STEP]: 1} : {};
    await probe.run('gradients', {images, gap, timestep}, {...scalars, ...first});
    const gradients = await probe.readVariables(model.parameters.map(({name}) => gradientOf(name)));
    const [found, ...others] = probe.findings;
    return {
      microStep,
      ...(found && {first: found}),
      others: others.length,
      brokenVariables: [...values].flatMap(([name, x]) => (isFiniteArray(x) ? [] : [name])).slice(0, SHOWN),
      gradNorms: normsByPart(
        model.parameters.map(({name}) => name),
        gradients,
      ),
      flows,
    };
  } finally {
    probe.dispose();
  }
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (!(size <= most)) most = size;
    if (Number.isNaN(size)) return NaN;
  }
  return most;
}

const figure = (value: number) =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);

/** One sentence. */
export function describeExamination({first, brokenVariables, flows}: Examination): string {
  const widest = Object.entries(flows).sort(([, a], [, b]) => (b > a || Number.isNaN(b) ? 1 : -1))[0];
  const flow = widest ? `; largest |flow|: ${figure(widest[1])} px in ${widest[0]}` : '';
  if (brokenVariables.length > 0) return `not finite before the step: ${brokenVariables.join(', ')}${flow}`;
  if (!first) return `op by op everything is finite${flow}`;
  const {op, scope, largestInput, fromOutside} = first;
  const cause = fromOutside
    ? 'was given a number that is not finite'
    : `gave the first number that is not finite (largest input ${figure(largestInput)})`;
  return `${op} in "${scope}" ${cause}${flow}`;
}

/** Runs a step again, op by op, on the same weights and batch, to name what went wrong. */
import * as tf from '@tensorflow/tfjs-core';
import type {Batch, Engine, OpFinding, Program, Scope} from '../contract/index.js';
import {isFiniteArray, stateVariables} from '../checkpoint/snapshot.js';
import {runMicroSteps, type Fetches} from '../microSteps.js';
import {gradientOf} from '../optim/adamW.js';
import {variablesOf} from '../tensors.js';
import {gradientsEntry, type BatchShape} from '../traced/gradients.js';
import {ScalarTable} from '../traced/scalars.js';
import type {TracedContext} from '../traced/trace.js';

/** What an examination found. JSON. */
export interface Examination {
  /** Micro-step that failed. */
  microStep: number;
  /** The op that it comes from; none when loss and gradients are finite op by op. */
  first?: OpFinding;
  /** Others that it comes from, too, independent of the first; a few. */
  others: OpFinding[];
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
  batches: readonly Batch[];
  shape: BatchShape;
  /** The one that failed. Those before it are run, too: what is not finite may be their sum. */
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

/** What the guard looks at, as far as it is not finite: the loss, or else gradients, or else their norm alone. */
function brokenResults(fetches: Fetches, gradients: ReadonlyMap<string, Float32Array>): string[] {
  if (!Number.isFinite(fetches['loss']!.values[0])) return ['loss'];
  const broken = brokenOf(gradients);
  return broken.length > 0 ? broken : ['gradNorm'];
}

const brokenOf = (values: ReadonlyMap<string, Float32Array>) =>
  [...values].flatMap(([name, x]) => (isFiniteArray(x) ? [] : [name]));

/** @returns undefined where the engine has no probe */
export async function examine(request: ExamineRequest): Promise<Examination | undefined> {
  const {engine, traced, program, batches, shape, microStep} = request;
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
    endBackward: () => probe.endBackward(),
  };
  const scalars = new ScalarTable();
  scalars.set('gradients', request.scalars);
  try {
    const values = await program.readVariables(stateVariables(model));
    await probe.writeVariables(values);
    probe.define('gradients', gradientsEntry({...traced, watch}, shape));
    const micro = await runMicroSteps({program: probe, scalars}, batches.slice(0, microStep + 1));
    const names = model.parameters.map(({name}) => name);
    const gradients = await probe.readVariables(names.map(gradientOf));
    const [first, ...others] = probe.originsOf(brokenResults(micro.at(-1)!, gradients));
    return {
      microStep,
      ...(first && {first}),
      others,
      brokenVariables: brokenOf(values).slice(0, SHOWN),
      gradNorms: normsByPart(names, gradients),
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

/** An op, and what it did. */
export function describeFinding({op, scope, largestInput, fromOutside, source}: OpFinding): string {
  const cause = fromOutside
    ? `was given a number that is not finite${source === undefined ? '' : `: ${source}`}`
    : `gave the first number that is not finite (largest input ${figure(largestInput)})`;
  return `${op} in "${scope}" ${cause}`;
}

/** One sentence. */
export function describeExamination({first, brokenVariables, flows}: Examination): string {
  const widest = Object.entries(flows).sort(([, a], [, b]) => (b > a || Number.isNaN(b) ? 1 : -1))[0];
  const before =
    brokenVariables.length > 0 ? [`not finite before the step: ${brokenVariables.join(', ')}`] : [];
  const finding = first ? [describeFinding(first)] : [];
  const facts = [...before, ...finding];
  if (facts.length === 0) facts.push('op by op loss and gradients are finite');
  if (widest) facts.push(`largest |flow|: ${figure(widest[1])} px in ${widest[0]}`);
  return facts.join('; ');
}

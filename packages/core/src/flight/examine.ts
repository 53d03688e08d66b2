/** Runs a step again, op by op, on the same weights and batch, to name what went wrong. */
import type {Batch, Engine, OpFinding, Probe, Program, Scope} from '../contract/index.js';
import {stateVariables} from '../checkpoint/snapshot.js';
import {runMicroSteps, updateFeeds, type Fetches} from '../traced/microSteps.js';
import {gradientOf} from '../optim/adamW.js';
import {isFiniteArray, variablesOf} from '../weights/tensors.js';
import {defineGradients, gradientsOf, type BatchShape} from '../traced/gradients.js';
import {ScalarTable} from '../traced/scalars.js';
import type {TracedContext, Watch} from '../traced/trace.js';
import {updateEntry} from '../traced/update.js';

/** Where numbers that are not finite come from. */
export interface Origins {
  /** None when everything is finite op by op. */
  first?: OpFinding;
  /** Others that they come from, too, independent of the first; a few. */
  others: OpFinding[];
}

/**
 * What an examination found. JSON. `first` and `others` are of the loss, or where that is finite of
 * the gradients.
 */
export interface Examination extends Origins {
  /** Micro-step that failed. */
  microStep: number;
  /** Weights, moments or buffers that are not finite, by name; the first few. */
  brokenVariables: string[];
  /**
   * Norm of the gradient, by the first part of the parameters' names. NaN where it is not finite.
   */
  gradNorms: Record<string, number>;
  /** Largest |flow component| of each block's own flow, in pixels. */
  flows: Record<string, number>;
  /**
   * Where the gradients are finite, the update was run too: what makes weights or moments not
   * finite.
   */
  update?: Origins & {
    /** Weights, moments or buffers that are not finite after it; the first few. */
    brokenVariables: string[];
  };
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
  /** Variant of the training pass that the step ran. @default the model has none */
  variant?: string | undefined;
  /** The one that failed. Those before it are run, too: what is not finite may be their sum. */
  microStep: number;
  /** Values of the scalars of the entry `gradients`, by name. */
  scalars: Readonly<Record<string, number>>;
  /**
   * Those of the entry `update`, which is then run, too, when loss and gradients are finite.
   * @default it is not run
   */
  updateScalars?: Record<string, number>;
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

/**
 * What the guard looks at and is not finite: the loss, or else gradients, or else their norm alone.
 */
function brokenResults(fetches: Fetches, gradients: ReadonlyMap<string, Float32Array>): string[] {
  if (!Number.isFinite(fetches['loss']!.values[0])) return ['loss'];
  const broken = brokenOf(gradients);
  if (broken.length > 0) return broken;
  return Number.isFinite(fetches['gradNorm']!.values[0]) ? [] : ['gradNorm'];
}

const brokenOf = (values: ReadonlyMap<string, Float32Array>) =>
  [...values].flatMap(([name, x]) => (isFiniteArray(x) ? [] : [name]));

function originsOf(probe: Probe, names: readonly string[]): Origins {
  const [first, ...others] = probe.originsOf(names);
  return {...(first && {first}), others};
}

/** What looks on; `flows` becomes what the last micro-step has. */
function watchOf(probe: Probe, {scope}: Scopes, flows: Record<string, number>): Watch {
  return {
    scope,
    // Read outside of any tape: a value that is looked at is no part of what is differentiated.
    flow: (block, flow) => void (flows[block] = largest(flow.dataSync())),
    endForward: () => probe.endForward(),
    endBackward: () => probe.endBackward(),
  };
}

/** Behind all micro-steps. */
async function examineUpdate(
  probe: Probe,
  traced: TracedContext,
  {batches, shape}: ExamineRequest,
  scalars: Record<string, number>,
): Promise<Examination['update']> {
  probe.define('update', updateEntry(traced, shape.batch * batches.length));
  await probe.run('update', updateFeeds(batches), scalars);
  const broken = brokenOf(await probe.readVariables(stateVariables(traced.model)));
  return {...originsOf(probe, broken), brokenVariables: broken.slice(0, SHOWN)};
}

/** @returns undefined where the engine has no probe */
export async function examine(request: ExamineRequest): Promise<Examination | undefined> {
  const {engine, program, batches, shape, variant, microStep, updateScalars} = request;
  const {model, session} = request.traced;
  const scopes = new Scopes(session);
  const probe = engine.createProbe?.(variablesOf(model), scopes.where);
  if (!probe) return undefined;
  const flows: Record<string, number> = {};
  const traced = {...request.traced, watch: watchOf(probe, scopes, flows)};
  const scalars = new ScalarTable();
  scalars.set(gradientsOf(variant), request.scalars);
  try {
    const frozen = model.frozen?.specs.map(({name}) => name) ?? [];
    const values = await program.readVariables([...stateVariables(model), ...frozen]);
    await probe.writeVariables(values);
    defineGradients(probe, traced, shape, [variant]);
    const tried = batches.slice(0, microStep + 1);
    const micro = await runMicroSteps({program: probe, scalars}, tried, variant);
    const names = model.parameters.map(({name}) => name);
    const gradients = await probe.readVariables(names.map(gradientOf));
    const broken = brokenResults(micro.at(-1)!, gradients);
    const origins = originsOf(probe, broken);
    const isWhole = broken.length === 0 && micro.length === batches.length;
    const update =
      updateScalars && isWhole ? await examineUpdate(probe, traced, request, updateScalars) : undefined;
    return {
      microStep,
      ...origins,
      brokenVariables: brokenOf(values).slice(0, SHOWN),
      gradNorms: normsByPart(names, gradients),
      flows,
      ...(update && {update}),
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
  if (facts.length === 0) facts.push('run op by op, loss and gradients are finite');
  if (widest) facts.push(`largest |flow|: ${figure(widest[1])} px in ${widest[0]}`);
  return facts.join('; ');
}

/** What came of the update, if it was run: one sentence. */
export function describeUpdate({update}: Examination): string | undefined {
  if (!update) return undefined;
  const {first, brokenVariables} = update;
  if (brokenVariables.length === 0) return 'weights and moments are finite after it';
  const names = `not finite after it: ${brokenVariables.join(', ')}`;
  return first ? `${describeFinding(first)}; ${names}` : names;
}

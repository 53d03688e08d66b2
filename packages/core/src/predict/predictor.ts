/**
 * Frames in, frames out: the network at any size, without a trainer. As the reference's inference.
 */
import {predictNonFinite, predictorClosed, predictTimestep, predictWeights} from '@rife-train/errors';
import type {EntrySpec, Engine, FeedValue, Model, Program, VariableSpec} from '../contract/index.js';
import type {AppliedPlugins, PluginSet} from '../plugins/appliedPlugins.js';
import {installDriver} from '../plugins/driver.js';
import {createHooks} from '../plugins/hooks.js';
import {checkFrames, cropped, paddedPair, scalesFor, type Frame, type FrameSize} from './frames.js';
import {isFiniteArray, weightsOf} from '../weights/tensors.js';
import {predictEntry, type PredictFetch, type PredictVariant} from '../traced/predict.js';
import {ScalarTable} from '../traced/scalars.js';
import type {TracedContext} from '../traced/trace.js';

/** What {@link openPredictor} needs. */
export interface PredictorParts {
  /**
   * A function is called when the first graph is compiled: whatever is wrong with frames or options
   * is reported before.
   */
  engine: Engine | (() => Promise<Engine>);
  model: Model;
  /** Values in program layout, by name: every parameter and buffer of the model. */
  weights: ReadonlyMap<string, Float32Array>;
  /**
   * Plugins whose taps on `flow` are applied, as `applyPlugins` made them; what they do to the
   * architecture must be in the model.
   * @default none
   */
  plugins?: AppliedPlugins | undefined;
  /**
   * Compiled graphs that are kept, one for each padded size and set of options. Each holds the
   * weights. @default 2
   */
  keep?: number;
}

/** How a frame is predicted; the reference's inference options. */
export interface FrameOptions {
  /**
   * 0.25, 0.5, 1, 2 or 4: the model's scales are divided by it, and the frames padded to a multiple
   * of 32 / scale (at least 32). 0.5 is the reference's `--UHD`, for 4K and large motion. @default
   * 1
   */
  scale?: number;
  /** Scales of the blocks before the division, one each, coarse to fine. @default the model's */
  scaleList?: readonly number[];
  /**
   * Test-time augmentation: the mean with the prediction of both frames turned by 180 degrees.
   * Twice the work. @default false
   */
  tta?: boolean;
  /**
   * The mean of both directions of time in every block: networks of RIFE 4.0 to 4.20 and 4.24.
   * Twice the work. @default false
   */
  ensemble?: boolean;
  /**
   * RIFE 4.0 and 4.1: where the second block moves the images by more than 32 pixels, all scales
   * are doubled. Both are computed, and the graph chooses: three times the work. @default false
   */
  doubling?: boolean;
  /** Return flow and mask as well. @default false */
  details?: boolean;
  /**
   * Half the distance of the frames, in frames of the clip: for plugins that look at it. @default 1
   */
  gap?: number;
}

/** A predicted frame, of the size of the inputs. */
export interface PredictedFrame extends FrameSize {
  /** [H,W,3] in 0..1, BGR. */
  refined: Float32Array;
  /** [H,W,4] in pixels: t->0 xy, t->1 xy. With `details` only. */
  flow?: Float32Array;
  /** [H,W] fusion mask in (0,1): the share of img0. With `details` only. */
  mask?: Float32Array;
}

/** Everything that a graph is compiled for. */
interface GraphKey extends FrameSize {
  variant: PredictVariant;
}

const MIDDLE = 0.5;

function checkWeights(model: Model, weights: PredictorParts['weights']): void {
  const problems = weightsOf(model).flatMap(({name, shape}) => {
    const values = weights.get(name);
    const size = shape.reduce((a, b) => a * b, 1);
    if (!values) return [`"${name}" is missing`];
    return values.length === size ? [] : [`"${name}" has ${values.length} values, not ${size}`];
  });
  if (problems.length > 0) throw predictWeights(model.name, problems);
}

function checkTimestep({name, anyTimestep}: Model, timestep: number): void {
  const fits = anyTimestep ? timestep > 0 && timestep < 1 : timestep === MIDDLE;
  if (!fits) throw predictTimestep(name, timestep, !anyTimestep);
}

function checkFinite(values: Float32Array): void {
  if (isFiniteArray(values)) return;
  throw predictNonFinite(values.filter(value => !Number.isFinite(value)).length);
}

/** Hooks with the taps of the plugins, or without any. */
function tapsFor(plugins: AppliedPlugins | undefined) {
  if (plugins) return plugins as PluginSet;
  const hooks = createHooks();
  return {hooks, session: installDriver(hooks), scalars: new ScalarTable()};
}

function tracedContext({model, plugins}: Pick<PredictorParts, 'model' | 'plugins'>): TracedContext {
  const {hooks, session, scalars} = tapsFor(plugins);
  return {model, hooks, session, scalars, seed: 0, microSteps: 1, betas: [0.9, 0.999]};
}

/** What options ask of a graph, and the multiple that sides are padded to. */
function wantedPrediction(
  {options: {scales: own}}: Model,
  {scale = 1, scaleList, tta = false, details = false, ensemble, doubling}: FrameOptions,
) {
  const {scales, multiple} = scalesFor(scaleList ?? own, scale);
  const variant: PredictVariant = {
    options: {scales, flip: tta, ...(ensemble && {ensemble}), ...(doubling && {doubling})},
    fetches: details ? ['refined', 'flow', 'mask'] : ['refined'],
  };
  return {variant, multiple: doubling ? 2 * multiple : multiple};
}

const variablesOf = (model: Model) => weightsOf(model).map(({name, shape}) => ({name, shape}));

/** A prediction as an entry of a program, for exports. */
export interface PredictionProgram {
  variables: VariableSpec[];
  /**
   * Feeds: `images` [1,H,W,6] float32 in 0..1, BGR; `gap` [1]; `timestep` [1]. Fetches: those of
   * {@link Prediction}.
   */
  entry: EntrySpec;
}

/**
 * The multiple that sides must have, and the program for such a size.
 * @throws RIFE_ERR_PREDICT_SCALE
 */
export function predictionProgram(
  parts: Pick<PredictorParts, 'model' | 'plugins'>,
  options: FrameOptions = {},
): {multiple: number; programFor(size: FrameSize): PredictionProgram} {
  const {variant, multiple} = wantedPrediction(parts.model, options);
  const context = tracedContext(parts);
  return {
    multiple,
    programFor: size => ({
      variables: variablesOf(parts.model),
      entry: predictEntry(context, {batch: 1, ...size}, {...variant, images: 'float32'}),
    }),
  };
}

/** Makes frames between two others. Calls may overlap; they are served one after another. */
export class Predictor {
  /** By key, in order of last use. */
  private readonly programs = new Map<string, Program>();
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** Use {@link openPredictor}. */
  constructor(
    private readonly parts: PredictorParts,
    private readonly context: TracedContext = tracedContext(parts),
  ) {}

  /** Has the network an input for the timestep? */
  get anyTimestep(): boolean {
    return this.parts.model.anyTimestep;
  }

  /**
   * The frame at `timestep` between img0 (0) and img1 (1).
   * @throws RIFE_ERR_PREDICT_SIZES, _FRAME, _TIMESTEP, _SCALE, _NON_FINITE, _CLOSED;
   * RIFE_ERR_MODEL_SCALES
   */
  async predict(
    img0: Frame,
    img1: Frame,
    timestep = MIDDLE,
    options: FrameOptions = {},
  ): Promise<PredictedFrame> {
    checkFrames(img0, img1);
    checkTimestep(this.parts.model, timestep);
    const turn = this.last.then(() => this.predictNow(img0, img1, timestep, options));
    this.last = turn.catch(() => {});
    return turn;
  }

  /** Frees the graphs, after the prediction that is under way. */
  async close(): Promise<void> {
    this.closed = true;
    await this.last;
    for (const program of this.programs.values()) program.dispose();
    this.programs.clear();
  }

  private async predictNow(
    img0: Frame,
    img1: Frame,
    timestep: number,
    options: FrameOptions,
  ): Promise<PredictedFrame> {
    if (this.closed) throw predictorClosed();
    const {details = false, gap = 1} = options;
    const {variant: wanted, multiple} = wantedPrediction(this.parts.model, options);
    const pair = paddedPair(img0, img1, multiple);
    const variant = {...wanted, images: pair.data instanceof Uint8Array ? 'uint8' : 'float32'} as const;
    const fetched = await this.runGraph(
      {height: pair.height, width: pair.width, variant},
      {images: pair.data, gap: Float32Array.of(gap), timestep: Float32Array.of(timestep)},
    );
    const {height, width} = img0;
    const take = (name: PredictFetch, channels: number) =>
      cropped(fetched[name]!.values as Float32Array, pair, img0, channels);
    const refined = take('refined', 3);
    checkFinite(refined);
    return {height, width, refined, ...(details ? {flow: take('flow', 4), mask: take('mask', 1)} : {})};
  }

  /**
   * Runs a compiled graph. While it works it is not among those that are kept; one that fails does
   * not come back.
   */
  private async runGraph(key: GraphKey, feeds: Record<string, FeedValue>) {
    const name = JSON.stringify(key);
    const known = this.programs.get(name);
    this.programs.delete(name);
    if (!known) this.makeRoom();
    const program = known ?? (await this.compile(key));
    try {
      const fetched = await program.run('predict', feeds, this.context.scalars.valuesOf('predict'));
      this.programs.set(name, program);
      return fetched;
    } catch (error) {
      program.dispose();
      throw error;
    }
  }

  /** The graph that was not used for the longest time makes room for a new one. */
  private makeRoom(): void {
    for (const [name, program] of this.programs) {
      if (this.programs.size < (this.parts.keep ?? 2)) return;
      this.programs.delete(name);
      program.dispose();
    }
  }

  private async compile({height, width, variant}: GraphKey): Promise<Program> {
    const {engine: given, model, weights} = this.parts;
    const engine = typeof given === 'function' ? await given() : given;
    const specs = variablesOf(model);
    const program = engine.createProgram(specs);
    try {
      program.define('predict', predictEntry(this.context, {batch: 1, height, width}, variant));
      await program.writeVariables(new Map(specs.map(({name}) => [name, weights.get(name)!])));
      return program;
    } catch (error) {
      program.dispose();
      throw error;
    }
  }
}

/**
 * Opens a predictor; graphs are compiled when they are first needed.
 * @throws RIFE_ERR_PREDICT_WEIGHTS
 */
export function openPredictor(parts: PredictorParts): Predictor {
  checkWeights(parts.model, parts.weights);
  return new Predictor(parts);
}

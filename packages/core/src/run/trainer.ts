import {setImmediate} from 'node:timers/promises';
import {messageOf, trainerState} from '@rife-train/errors';
import type {ClipsMark} from '../checkpoint/clipList.js';
import {resolveConfig} from '../config/config.js';
import type {
  HostTensor,
  PluginHooks,
  RifePlugin,
  RunSummary,
  TrainConfig,
  TrainerHooks,
  UserConfig,
} from '../contract/index.js';
import {installDriver, type TapSession} from '../plugins/driver.js';
import {networksOf, type Networks} from '../networks/networks.js';
import {createHooks} from '../plugins/hooks.js';
import {Logger} from '../log/logger.js';
import {openRun, type OpenedRun, type TrainerParts} from './openRun.js';
import {PluginRegistry} from '../plugins/registry.js';
import {Replicas} from './replicas.js';
import {rescue} from './rescue.js';
import type {Run} from './run.js';
import {trainingStep} from './step.js';
import {validate} from './validation.js';
import {tapOnlyHooks} from '../plugins/tapOnly.js';
import {predictEntry} from '../traced/predict.js';
import {Predictor} from '../predict/predictor.js';
import {predictedVariables, withAverages} from '../weights/averages.js';

export interface TrainerOptions extends TrainerParts {
  config: UserConfig;
  /** @default new Logger(), plain lines on standard output */
  logger?: Logger;
  /** Resume from the newest checkpoint in `config.out`. @default false */
  resume?: boolean;
  /**
   * Steps after that checkpoint get a learning rate schedule of their own.
   * @default false: the schedule stays
   */
  extend?: boolean;
}

export interface RunOptions {
  /** When it is aborted, the run finishes its step, saves and returns with reason `interrupted`. */
  signal?: AbortSignal;
}

/** Input of {@link Trainer.predict}. */
export interface PredictRequest {
  /** [B,H,W,6] uint8: img0, img1; BGR. */
  images: Uint8Array;
  shape: readonly [batch: number, height: number, width: number];
  /** [B] frames between gt and each input; for plugins that use it. */
  gap: Float32Array;
  /** [B] in (0,1). */
  timestep: Float32Array;
}

/** Output of {@link Trainer.predict}; see `Prediction` for what each is. */
export type PredictResult = Record<'refined' | 'flow' | 'mask', HostTensor>;

/** Trains one model once: construct, `use` plugins, `run`. */
export class Trainer {
  /** The hooks, to be tapped; plugins get the same in `apply`. */
  readonly hooks: PluginHooks;
  /** The complete configuration; after the `config` hook of a run, what that returned. */
  get config(): TrainConfig {
    return this.opened?.run.parts.config ?? this.resolved;
  }

  /**
   * Number of the clips that samples are drawn from, and the checksum of their list; during a run.
   */
  get clips(): ClipsMark | undefined {
    return this.opened?.run.parts.clips;
  }

  /** The engine, as `TensorFlow 2.21.0 (captured), cpu`; during a run. */
  get engineDescription(): string | undefined {
    return this.opened?.engine.description;
  }

  private readonly networks: Networks;
  private readonly resolved: TrainConfig;
  private readonly allHooks: TrainerHooks = createHooks();
  private readonly session: TapSession = installDriver(this.allHooks);
  private readonly logger: Logger;
  private readonly plugins: PluginRegistry;
  private opened: OpenedRun | undefined;
  private hasRun = false;

  /**
   * @throws RIFE_ERR_CONFIG_VALUE, RIFE_ERR_MODEL_UNKNOWN, RIFE_ERR_MODEL_OPTION,
   * RIFE_ERR_MODEL_NETWORK, RIFE_ERR_PLUGIN_INVALID, RIFE_ERR_PLUGIN_DUPLICATE
   */
  constructor(private readonly options: TrainerOptions) {
    this.hooks = tapOnlyHooks(this.allHooks);
    this.logger = options.logger ?? new Logger();
    this.networks = networksOf(options.networks, options.config);
    this.resolved = resolveConfig(options.config, this.networks);
    const {resolved: config, logger} = this;
    this.plugins = new PluginRegistry({
      hooks: this.allHooks,
      config,
      logger,
      ...(options.replicas && {replica: options.replicas}),
      snapshots: () => this.opened?.run,
    });
    this.session.watch.begin({timeoutMs: 1000 * config.hookTimeout, warn: text => logger.warn(text)});
    for (const plugin of this.resolved.plugins) this.plugins.add(plugin);
  }

  /**
   * Adds a plugin after those of the configuration.
   * @throws RIFE_ERR_PLUGIN_INVALID, RIFE_ERR_PLUGIN_DUPLICATE, RIFE_ERR_PLUGIN_LATE
   */
  use(plugin: RifePlugin): this {
    this.plugins.add(plugin);
    return this;
  }

  /**
   * Trains to the last step, or until `signal` is aborted. Everything is closed when it returns or
   * throws.
   * @throws any coded error of the parts; the `fail` hook has seen it
   */
  async run({signal}: RunOptions = {}): Promise<RunSummary> {
    if (this.hasRun)
      throw trainerState('This trainer has run already', 'Construct a new Trainer for each run');
    this.hasRun = true;
    const closers: {close(): Promise<void> | void}[] = [];
    try {
      const {run} = (this.opened = await openRun(this.openRequest(), closers));
      await this.loop(run, signal);
      const summary = await this.finish(run);
      await this.allHooks.done.promise(summary);
      return summary;
    } catch (error) {
      if (this.opened) await rescue(this.opened.run, error);
      await this.fail(error);
      throw error;
    } finally {
      this.opened = undefined;
      for (const part of closers.reverse()) await part.close();
    }
  }

  /**
   * Runs the network on two frames, with the current weights. For taps (previews, validation),
   * during a run.
   * @throws RIFE_ERR_TRAINER_STATE outside a run
   */
  async predict({images, shape, gap, timestep}: PredictRequest): Promise<PredictResult> {
    const opened = this.duringRun('predict');
    const {run, traced, predictShape: defined} = opened;
    const [batch, height, width] = shape;
    if (defined?.batch !== batch || defined.height !== height || defined.width !== width) {
      opened.predictShape = {batch, height, width};
      run.parts.program.define('predict', predictEntry(traced, opened.predictShape));
    }
    const scalars = run.parts.scalars.valuesOf('predict');
    return (await run.parts.program.run('predict', {images, gap, timestep}, scalars)) as PredictResult;
  }

  /**
   * A predictor for frames of any size, with a copy of the current weights (of their averages,
   * where the run keeps them). For taps, during a run; whoever opens it closes it.
   * @throws RIFE_ERR_TRAINER_STATE outside a run
   */
  async openPredictor(): Promise<Predictor> {
    const {run, engine, traced} = this.duringRun('openPredictor');
    const model = withAverages(traced.model, false);
    const names = predictedVariables(traced.model);
    const values = await run.parts.program.readVariables([...names.values()]);
    const weights = new Map([...names].map(([name, variable]) => [name, values.get(variable)!]));
    return new Predictor({engine, model, weights}, {...traced, model});
  }

  /** @throws RIFE_ERR_TRAINER_STATE outside a run */
  private duringRun(method: string): OpenedRun {
    if (!this.opened)
      throw trainerState(`trainer.${method}() was called outside a run`, 'Call it in a tap of a host hook');
    return this.opened;
  }

  private async loop(run: Run, signal: AbortSignal | undefined): Promise<void> {
    const {config, replicas} = run.parts;
    while (run.position.step < config.steps && !(await replicas.exchangeStop(signal?.aborted ?? false))) {
      const {step} = run.position;
      await trainingStep(run);
      // A step waits only for native calls and resolved promises. Without a turn of the event loop,
      // signals and batches that workers have ready would wait until the trainer runs out of data.
      await setImmediate();
      if (run.position.step <= step) continue; // rolled back: nothing is due
      if (isDue(run.position.step, config.validateEvery)) await validate(run);
      if (isDue(run.position.step, config.saveEvery)) await run.saveAndContinue();
    }
  }

  private async finish(run: Run): Promise<RunSummary> {
    const {step} = run.position;
    const {steps} = run.parts.config;
    await run.checkpoints.save({isStop: step < steps});
    return {
      step,
      steps,
      reason: step < steps ? 'interrupted' : 'finished',
      checkpoint: run.checkpoints.folder,
    };
  }

  /** The first failure is the one to report; a tap of `fail` that throws is only mentioned. */
  private async fail(error: unknown): Promise<void> {
    try {
      await this.allHooks.fail.promise(error);
    } catch (second) {
      this.logger.warn(messageOf(second));
    }
  }

  private openRequest() {
    const {resume = false, extend = false} = this.options;
    return {
      resume,
      extend,
      openEngine: this.options.openEngine,
      networks: this.networks,
      openBatches: this.options.openBatches,
      readInitial: this.options.readInitial,
      replicas: new Replicas(this.options.replicas),
      config: this.resolved,
      hooks: this.allHooks,
      session: this.session,
      plugins: this.plugins,
      logger: this.logger,
    };
  }
}

const isDue = (step: number, every: number) => every > 0 && step % every === 0;

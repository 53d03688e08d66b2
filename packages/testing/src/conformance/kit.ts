/** Tools of all checks. */
import assert from 'node:assert/strict';
import {
  Networks,
  resolveConfig,
  type Engine,
  type Model,
  type Network,
  type RifePlugin,
} from '@rife-train/core';
import {TINY} from '../tiny/tinyModel.js';
import {
  tinyConfig,
  trainTiny,
  type TinyConfig,
  type TinyRun,
  type TinyRunOptions,
} from '../tiny/trainTiny.js';
import {exactly, firstDifference, withoutTimes} from './differences.js';

/** Options of a run that the kit does not fill in itself. */
export type KitRunOptions = Omit<TinyRunOptions, 'engine' | 'networks'> & {engine?: Engine};

export interface KitParts {
  /** New plugins at each call. */
  make(): readonly RifePlugin[];
  captured: Engine | undefined;
  eager: Engine;
  config: TinyConfig;
  networks: readonly Network[] | undefined;
}

export class Kit {
  constructor(readonly parts: KitParts) {}

  /** The engine for training, if it exists. Compiling it takes longer than some eager steps. */
  get real(): Engine {
    return this.parts.captured ?? this.parts.eager;
  }

  make(): readonly RifePlugin[] {
    return this.parts.make();
  }

  private get networks(): Networks {
    return new Networks(this.parts.networks ?? [TINY]);
  }

  /**
   * A run with new plugins unless others are given; captured if possible, unless another engine is
   * given.
   */
  run(options: KitRunOptions = {}): Promise<TinyRun> {
    return trainTiny({
      engine: this.real,
      plugins: options.plugins ?? this.make(),
      networks: this.parts.networks,
      ...options,
      config: this.config(options.config),
    });
  }

  /** The model of a run without any plugin. */
  plainModel(): Model {
    const {networks} = this;
    return networks.create(resolveConfig(tinyConfig(this.config(), 'unused'), networks).model);
  }

  private config(config: TinyConfig = {}): TinyConfig {
    const base = this.parts.config;
    return {
      ...base,
      ...config,
      data: {...base.data, ...config.data},
      optim: {...base.optim, ...config.optim},
      model: {...base.model, ...config.model},
    };
  }
}

/**
 * Fails with the first difference between two runs: metrics, then variables, then the plugins'
 * state.
 */
export function assertSameRun(got: TinyRun, expected: TinyRun, what: string, from = 0): void {
  const steps = withoutTimes(expected.steps).slice(from);
  const difference =
    firstDifference(withoutTimes(got.steps), steps, exactly, 'steps') ??
    firstDifference(Object.fromEntries(got.variables), Object.fromEntries(expected.variables)) ??
    firstDifference(got.saved, expected.saved, exactly, 'saved state');
  assert.ok(difference === undefined, `${what}: ${difference}`);
}

/** Fails unless every step was an update with finite numbers. */
export function assertTrained(run: TinyRun, steps: number): void {
  assert.equal(run.steps.length, steps, 'number of steps');
  for (const {progress, updated, loss, gradNorm} of run.steps) {
    const at = `step ${progress.step}`;
    assert.ok(updated, `${at} was skipped: loss ${loss}, gradient norm ${gradNorm}`);
    assert.ok(gradNorm > 0, `${at} has no gradient`);
  }
  for (const [name, values] of run.variables)
    assert.ok(values.every(Number.isFinite), `variable "${name}" is not finite`);
}

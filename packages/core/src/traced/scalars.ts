import {namedFailure, scalarClash, scalarValue} from '@rife-train/errors';
import type {Progress} from '../contract/index.js';

type ScalarFunction = (progress: Progress) => number;
interface Declared {
  plugin: string;
  hook: string;
  value: ScalarFunction;
  /**
   * Number of the build that declared it last; within one build the function must stay the same.
   */
  build: number;
}

/** In place of a plugin's name, for what the trainer itself declares. */
export const TRAINER = 'trainer';

/** Scalars that belong to the trainer; no plugin may declare one under these. */
const RESERVED = /^(optim|step)\./;

/**
 * The declared scalars of every entry. `valuesOf(entry)` is the live object that is given to
 * `Program.run`: a scalar that is declared while the run builds its entry (an eager program builds
 * at every run) is in it from then on.
 */
export class ScalarTable {
  private readonly declared = new Map<string, Declared>();
  private readonly values = new Map<string, Record<string, number>>();
  /** Values that win over the functions, by entry. */
  private readonly pinned = new Map<string, Readonly<Record<string, number>>>();
  private progress: Progress = {step: 0, steps: 1, fraction: 0};
  private build = 0;

  /** To be called at the start of each build of an entry. */
  beginBuild(): void {
    this.build += 1;
  }

  /**
   * Declares a scalar of a plugin, or of the trainer, for an entry.
   * @throws RIFE_ERR_SCALAR_CLASH, RIFE_ERR_SCALAR_VALUE
   */
  declare(entry: string, plugin: string, hook: string, name: string, value: ScalarFunction): void {
    const known = this.declared.get(name);
    if (RESERVED.test(name) && plugin !== TRAINER) throw scalarClash(plugin, hook, name, TRAINER);
    if (known && known.plugin !== plugin) throw scalarClash(plugin, hook, name, known.plugin);
    if (known && known.build === this.build && known.value !== value)
      throw scalarClash(plugin, hook, name, plugin);
    this.declared.set(name, {plugin, hook, value, build: this.build});
    this.valuesOf(entry)[name] = this.valueOf(entry, name);
  }

  /**
   * Gives declared scalars of an entry values that were recorded; one that has none says its own.
   * To be called before the entry is built.
   */
  pin(entry: string, values: Readonly<Record<string, number>>): void {
    this.pinned.set(entry, values);
  }

  /** Values of an entry's scalars at the current progress. */
  valuesOf(entry: string): Record<string, number> {
    let values = this.values.get(entry);
    if (!values) this.values.set(entry, (values = {}));
    return values;
  }

  /**
   * Evaluates every plugin scalar for a step.
   * @throws RIFE_ERR_SCALAR_VALUE when one is not a finite number of float32, RIFE_ERR_PLUGIN when
   *   its function throws
   */
  moveTo(progress: Progress): void {
    this.progress = progress;
    for (const [entry, values] of this.values)
      for (const name of Object.keys(values))
        if (this.declared.has(name)) values[name] = this.valueOf(entry, name);
  }

  /** Sets scalars of the trainer itself. */
  set(entry: string, values: Record<string, number>): void {
    Object.assign(this.valuesOf(entry), values);
  }

  private valueOf(entry: string, name: string): number {
    return this.pinned.get(entry)?.[name] ?? this.evaluate(name);
  }

  private evaluate(name: string): number {
    const {plugin, hook, value} = this.declared.get(name)!;
    let got: unknown;
    try {
      got = value({...this.progress});
    } catch (cause) {
      throw namedFailure(plugin, hook, cause);
    }
    if (typeof got !== 'number' || !Number.isFinite(Math.fround(got)))
      throw scalarValue(plugin, name, got, this.progress.step);
    return got;
  }
}

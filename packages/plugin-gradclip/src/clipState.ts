/** State of a run of the plugin. One per `apply`; saved in checkpoints. */
import type {ClipMode} from './options.js';
import type {NormStatistic} from './statistic.js';

/** Number of updates over which the share of clipped steps is computed. */
export const SHARE_WINDOW = 200;

interface Saved {
  mode: ClipMode;
  updates: number;
  /** '1' for each recent update that was clipped, '0' for the others; oldest first. */
  recent: string;
  statistic?: unknown;
}

export class ClipState {
  /** Updates with a finite norm that the plugin has seen. */
  updates = 0;
  private recent = '';

  constructor(
    private readonly mode: ClipMode,
    private readonly statistic: NormStatistic | undefined,
  ) {}

  /** Records an update. A norm that is not finite is ignored. */
  add(norm: number, isClipped: boolean): void {
    if (!Number.isFinite(norm)) return;
    this.updates += 1;
    this.recent = (this.recent + (isClipped ? '1' : '0')).slice(-SHARE_WINDOW);
    this.statistic?.add(norm);
  }

  /** Share of the last {@link SHARE_WINDOW} updates that were clipped, in [0,1]. */
  share(): number {
    const {recent} = this;
    return recent === '' ? 0 : recent.replaceAll('0', '').length / recent.length;
  }

  save(): Saved {
    const {mode, updates, recent, statistic} = this;
    return {mode, updates, recent, ...(statistic && {statistic: statistic.save()})};
  }

  /**
   * Restores what `save` returned, or starts afresh. Returns false if there was something unusable.
   */
  load(saved: unknown): boolean {
    const {mode, updates = 0, recent = '', statistic} = (saved ?? {}) as Partial<Saved>;
    const fits = Number.isInteger(updates) && /^[01]*$/.test(recent);
    if (saved === undefined || !fits || mode !== this.mode || this.statistic?.load(statistic) === false) {
      this.clear();
      return saved === undefined;
    }
    [this.updates, this.recent] = [updates, recent.slice(-SHARE_WINDOW)];
    return true;
  }

  private clear(): void {
    [this.updates, this.recent] = [0, ''];
    this.statistic?.load(undefined);
  }
}

/**
 * Flight records of failed steps: a tap of `onNaN`, before those of plugins, and a record of the
 * step that a run is stopped at.
 */
import type {NonFiniteEvent, StepMetrics, TrainerHooks} from '../contract/index.js';
import type {FlightRecorder, Recorded} from '../flight/recorder.js';
import {CORE_TAP} from '../plugins/driver.js';
import {firstNonFinite} from '../traced/microSteps.js';
import type {Passes} from './passes.js';
import type {Position} from './position.js';
import type {RunParts} from './runParts.js';
import type {SetbackCounts} from './setbacks.js';

export class Failures {
  constructor(
    private readonly parts: Pick<RunParts, 'replicas' | 'logger'>,
    private readonly position: Position,
    private readonly setbacks: SetbackCounts,
    private readonly passes: Passes,
    private readonly recorder: FlightRecorder,
  ) {}

  /**
   * Records before any plugin decides, so that the record has the weights that the step began with.
   */
  tapInto({onNaN}: TrainerHooks): void {
    const options = {name: 'rife:flight', stage: -Infinity, [CORE_TAP]: true};
    onNaN.tapPromise(options, async event => {
      // Of failed steps in a row the first has the cause.
      if (event.consecutive > 1) return undefined;
      const {finding: known} = event;
      const recorded = await this.recordNonFinite(event);
      const finding = [known, recorded.finding].filter(Boolean).join('; ');
      Object.assign(event, recorded, finding !== '' && {finding});
      return undefined;
    });
  }

  /** A finite step that the run is stopped at, by replica 0. */
  async recordStop(metrics: StepMetrics, reason: string): Promise<void> {
    const {record} = await this.parts.replicas.byFirst(() => this.record('stopped', metrics, reason));
    if (record !== undefined) this.setbacks.recorded();
  }

  /** The replica where it happened writes the record: the others do not have its batches. */
  private async recordNonFinite(event: NonFiniteEvent): Promise<Recorded> {
    const {replicas, logger} = this.parts;
    const rank = Math.max(0, this.passes.latest.brokenRank);
    const recorded = await replicas.by(rank, () =>
      this.record('not finite', event, 'a number that is not finite'),
    );
    if (recorded.record !== undefined) this.setbacks.recorded();
    if (replicas.count === 1) return recorded;
    const {step} = event.progress;
    logger.event({event: 'replica not finite', step, replica: rank, ...recorded});
    const replica = `replica ${rank} of ${replicas.count}`;
    if (rank > 0) logger.warn(`step ${step} is not finite on ${replica}: ${textOf(recorded)}`);
    return {...recorded, finding: `${replica}: ${recorded.finding ?? 'its numbers'}`};
  }

  private record(kind: 'not finite' | 'stopped', metrics: StepMetrics, reason: string): Promise<Recorded> {
    const {batches, micro, isFinite} = this.passes.latest;
    const withUpdate = kind === 'not finite' && isFinite;
    return this.recorder.record({
      kind,
      metrics: this.passes.ownMetrics(metrics),
      position: this.position.copy(),
      batches,
      microStep: kind === 'stopped' ? -1 : withUpdate ? micro.length - 1 : firstNonFinite(micro),
      withUpdate,
      reason,
      sequence: this.setbacks.records + 1,
    });
  }
}

const textOf = ({finding, record}: Recorded) =>
  [finding, record && `record: ${record}`].filter(Boolean).join('; ') || 'not recorded';

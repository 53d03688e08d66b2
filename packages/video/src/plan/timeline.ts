/**
 * When frames are shown, in whole ticks of a clock, so that positions between them are exact. For a
 * constant rate the clock ticks once a frame; otherwise it is that of the container.
 */
import {timingOf} from '@rife-train/data/parts';
import {nearestRate, rateOf, rateValue, type Rate} from './rate.js';

/** How times of a video become ticks. */
export interface Clock {
  /** Ticks per second. */
  rate: Rate;
  /** Frames per second: exact for a constant rate, else the mean. */
  fps: Rate;
  isConstant: boolean;
}

/** What a container says about times. */
export interface Stamps {
  /** Presentation times in units of the time base, ascending. */
  times: readonly number[];
  /** Units per second. */
  base: Rate;
  /** The container's own frame rate, if it has one. */
  declared?: Rate | undefined;
}

/** Share of steps of one frame from which a rate is constant: a few frames may be missing. */
const REGULAR = 0.9;
/** Units of the time base by which a time may be rounded off the grid of the rate. */
const ROUNDING = 1.01;
/** Most that a time may be off the grid, in steps of it. */
const MOST_OFF = 0.4;
/** Least relative error of a rate that is computed from times. */
const LEAST_ERROR = 1e-4;
/** Ticks a frame from which one tick is no more than rounding. */
const FINE = 8;

const tickOf = (time: number, base: Rate, rate: Rate) =>
  Math.round((time * base.under * rate.over) / (base.over * rate.under));

/** Do all times fall on the grid of a rate, and nearly all of them on consecutive places? */
function fits({times, base}: Stamps, rate: Rate): boolean {
  const unit = (base.under * rate.over) / (base.over * rate.under);
  const ticks = times.map(time => tickOf(time - times[0]!, base, rate));
  const allowed = Math.min(MOST_OFF, ROUNDING * unit);
  const isOnGrid = times.every((time, i) => Math.abs((time - times[0]!) * unit - ticks[i]!) <= allowed);
  const single = ticks.slice(1).filter((tick, i) => tick - ticks[i]! === 1).length;
  return isOnGrid && single >= REGULAR * (ticks.length - 1);
}

/**
 * Frames per second from the times alone, of frames that may be missing: the whole time, divided by
 * the number of usual steps in it.
 */
function usualRate({times, base}: Stamps): Rate | undefined {
  const unit = base.under / base.over;
  const span = (times.at(-1)! - times[0]!) * unit;
  const {fps} = timingOf(times.map(time => time * unit));
  const steps = Math.round(span * fps);
  return steps > 0 ? nearestRate(steps / span, Math.max(LEAST_ERROR, unit / span)) : undefined;
}

/** The clock of a video: of a constant rate, when its times fit one. */
export function clockOf(stamps: Stamps): Clock {
  const {times, base, declared} = stamps;
  if (times.length < 2) return {rate: base, fps: declared ?? {over: 25, under: 1}, isConstant: false};
  const constant = [declared, usualRate(stamps)].find(rate => rate !== undefined && fits(stamps, rate));
  if (constant) return {rate: constant, fps: constant, isConstant: true};
  const seconds = ((times.at(-1)! - times[0]!) * base.under) / base.over;
  return {rate: base, fps: nearestRate((times.length - 1) / Math.max(seconds, 1e-6)), isConstant: false};
}

/** Tick of a time in units of a time base. */
export const toTick = (time: number, base: Rate, clock: Clock) => tickOf(time, base, clock.rate);

/** A place between two frames. */
export interface Position {
  /** In (0, 1), as a reduced fraction; 0/1 is the first frame itself. */
  over: number;
  under: number;
}

/** Times of the frames that are made, in ticks of a source. */
export class OutputTimes {
  /** Output number k is at k * over / under ticks. */
  private readonly step: Rate;
  /**
   * Ticks by which an output may be off a frame and still mean it: one, where the container rounds
   * times to units much smaller than a frame.
   */
  private readonly slack: number;

  /** @param fps of the output */
  constructor(
    private readonly clock: Clock,
    readonly fps: Rate,
  ) {
    this.step = rateOf(clock.rate.over * fps.under, clock.rate.under * fps.over);
    const fastest = Math.max(rateValue(fps), rateValue(clock.fps));
    this.slack = !clock.isConstant && rateValue(clock.rate) >= FINE * fastest ? 1 : 0;
  }

  /** The first output that is not before a tick. */
  firstFrom(tick: number): number {
    const {over, under} = this.step;
    if (this.slack === 0) return Math.max(0, Math.ceil((tick * under) / over));
    return Math.max(0, Math.floor(((tick - this.slack) * under) / over) + 1);
  }

  /** Where output number `k` is between two ticks; k is at least `firstFrom(from)`. */
  position(k: number, from: number, to: number): Position {
    const {over, under} = this.step;
    const past = k * over - from * under;
    if (past <= 0 || past < this.slack * under) return {over: 0, under: 1};
    return rateOf(past, (to - from) * under);
  }

  /** Denominator of every position, for a constant rate. */
  get denominator(): number | undefined {
    return this.clock.isConstant ? this.step.under : undefined;
  }
}

/** Detects a flow that runs away, before it is NaN. Numbers on the host, one set per step. */

/** Conditions of the warning. */
export interface WatchOptions {
  /**
   * Largest |flow| over the shorter side of the crop: beyond 1 there are pixels that sample only
   * the border. @default 1
   */
  share?: number;
  /**
   * Growth of the largest |flow| over `window` steps: the median of the last five over that of five
   * steps `window` steps earlier, so that two outliers in either do not matter. Counts once that
   * median is `growthFrom` of the crop. @default 4
   */
  growth?: number;
  /** Share of the shorter side of the crop from which on growth counts. @default 0.25 */
  growthFrom?: number;
  /** Steps. @default 20 */
  window?: number;
  /** Share of the pixels of a block whose correction is lost in float32. @default 0.01 */
  absorbed?: number;
}

export const WATCH_DEFAULTS: Required<WatchOptions> = {
  share: 1,
  growth: 4,
  growthFrom: 0.25,
  window: 20,
  absorbed: 0.01,
};

/** What a step reports. */
export interface FlowReading {
  step: number;
  /** Largest |flow component| in pixels; may be NaN or Infinity. */
  maxFlow: number;
  /** Shorter side of the crop in pixels. */
  side: number;
  /** Share of the pixels whose correction was lost, by block. */
  absorbed: Readonly<Record<string, number>>;
}

/** Measurements that are judged. */
export interface FlowState {
  /** maxFlow / side. */
  share: number;
  /** Undefined until there are `window` + 5 steps. */
  growth: number | undefined;
  /** Median of the last five, over the side of the crop. */
  level: number;
  /** Largest share of any block. */
  absorbed: number;
  absorbedIn: string | undefined;
}

/** State of a watch; JSON. */
export interface WatchMemory {
  /** The last `window` + 5 values of maxFlow that were finite, oldest first. */
  flows: number[];
  /** Whether this episode has been reported already. */
  told: boolean;
  /** Calm steps in a row since. */
  calm: number;
}

const MEDIAN_OF = 5;
/**
 * Pixels; a smaller flow counts as this when growth is measured, since next to 0 every ratio is
 * large.
 */
const SMALLEST = 1e-3;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/**
 * Judges step by step; warns once per episode. An episode ends after `window` steps at no more than
 * half of its initial values.
 */
export class RunawayWatch {
  private memory: WatchMemory = {flows: [], told: false, calm: 0};

  constructor(private readonly limits: Required<WatchOptions>) {}

  /** @returns the measurements, and the warning if this step begins an episode */
  observe(reading: FlowReading): {state: FlowState; isOver: boolean; warning: string | undefined} {
    const {memory, limits} = this;
    if (Number.isFinite(reading.maxFlow)) memory.flows.push(reading.maxFlow);
    memory.flows = memory.flows.slice(-(limits.window + MEDIAN_OF));
    const state = this.measure(reading);
    const isOver = this.exceeds(state, 1);
    memory.calm = this.exceeds(state, 0.5) ? 0 : memory.calm + 1;
    const begins = isOver && !memory.told;
    if (begins) memory.told = true;
    if (memory.calm >= limits.window) memory.told = false;
    return {state, isOver, warning: begins ? describe(reading, state, limits) : undefined};
  }

  save(): WatchMemory {
    return structuredClone(this.memory);
  }

  load(memory: WatchMemory | undefined): void {
    this.memory = structuredClone(memory ?? {flows: [], told: false, calm: 0});
  }

  private measure({maxFlow, side, absorbed}: FlowReading): FlowState {
    const {flows} = this.memory;
    const {window} = this.limits;
    const now = median(flows.slice(-MEDIAN_OF));
    const before = flows.slice(-(window + MEDIAN_OF), -window);
    const [worst] = Object.entries(absorbed).sort(([, a], [, b]) => b - a);
    return {
      share: maxFlow / side,
      growth: before.length < MEDIAN_OF ? undefined : now / Math.max(SMALLEST, median(before)),
      level: now / side,
      absorbed: worst?.[1] ?? 0,
      absorbedIn: worst?.[0],
    };
  }

  /** Whether anything is above this fraction of its limit. */
  private exceeds({share, growth = 0, level, absorbed}: FlowState, part: number): boolean {
    const {limits} = this;
    const grows = growth > 1 + (limits.growth - 1) * part && level >= limits.growthFrom * part;
    return share > limits.share * part || grows || absorbed > limits.absorbed * part;
  }
}

const short = (value: number) => (value < 1e6 ? String(Number(value.toPrecision(4))) : value.toPrecision(3));
const percent = (share: number) => `${short(100 * share)} %`;

function describe({step, maxFlow, side}: FlowReading, state: FlowState, limits: Required<WatchOptions>) {
  const {share, growth, absorbed, absorbedIn} = state;
  const facts = [
    `the largest |flow| is ${short(maxFlow)} px, ${short(share)} times the crop's ${side} px (limit ${limits.share})`,
    growth === undefined
      ? `there are too few steps yet to measure its growth`
      : `it grew ${short(growth)} times in ${limits.window} steps (limit ${limits.growth}, from ${limits.growthFrom} crops on)`,
    `corrections are lost in float32 at ${percent(absorbed)} of the pixels${absorbed > 0 ? ` of ${absorbedIn}` : ''} (limit ${percent(limits.absorbed)})`,
  ];
  return (
    `step ${step + 1}: the flow runs away: ${facts.join('; ')}. It ends in NaN, or in a network whose gradient is 0. ` +
    'Go back to an earlier checkpoint with a lower "optim.learningRate"'
  );
}

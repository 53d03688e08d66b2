/** State of a run about its layers' gains. One per `apply`; saved in checkpoints. */

/** A bound without effect; a declared scalar must be finite. */
export const UNBOUNDED = 3e38;

/** Gain of each layer at the first update of the run, by the name of its weight. */
export type Baselines = Record<string, number>;

/** What a step reports about the layers. */
export interface GainSummary {
  /** Largest gain of any layer, before limiting. */
  largest: number;
  /** Layers that were limited. */
  limited: number;
  /** log10 of the product of the gains, by block. */
  byBlock: Record<string, number>;
}

const blockOf = (layer: string) => layer.slice(0, layer.indexOf('.'));
const isGain = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export class LayerGains {
  private baselines: Baselines = {};

  constructor(private readonly limit: number | false) {}

  /** A layer may keep its initial gain: weights that were trained elsewhere are not reduced. */
  bound(layer: string): number {
    const baseline = this.baselines[layer];
    if (this.limit === false || baseline === undefined) return UNBOUNDED;
    return Math.max(this.limit, baseline);
  }

  /** Records the gains of an update, after AdamW and before limiting. */
  observe(gains: Readonly<Record<string, number>>): GainSummary {
    const layers = Object.entries(gains);
    const limited = layers.filter(([layer, gain]) => gain > this.bound(layer)).length;
    for (const [layer, gain] of layers) if (isGain(gain)) this.baselines[layer] ??= gain;
    const byBlock: Record<string, number> = {};
    for (const [layer, gain] of layers)
      byBlock[blockOf(layer)] = (byBlock[blockOf(layer)] ?? 0) + Math.log10(Math.max(gain, Number.MIN_VALUE));
    return {largest: layers.reduce((most, [, gain]) => Math.max(most, gain), 0), limited, byBlock};
  }

  save(): Baselines {
    return {...this.baselines};
  }

  /** Restores what `save` returned; without it the next update sets the baselines anew. */
  load(saved: unknown): void {
    const known = Object.entries((saved ?? {}) as Record<string, unknown>);
    this.baselines = Object.fromEntries(known.filter((entry): entry is [string, number] => isGain(entry[1])));
  }
}

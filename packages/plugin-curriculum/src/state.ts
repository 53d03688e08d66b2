import {pluginState} from '@rife-train/core';
import * as z from 'zod';
import type {LogVariances} from './lossWeights.js';
import {freshWatch, type Watch} from './plateau.js';
import type {Means} from './running.js';
import type {Decisions} from './widening.js';

/** Everything that a resumed run needs; JSON. */
export interface CurriculumState {
  version: 1;
  /**
   * Ranges of the loss-driven way, by step of the data. Belongs to the data: a rollback restores it
   * if it rewinds the data.
   */
  decisions: Decisions;
  /** Steps from a decision to its effect; the largest value in the run. Belongs to the data too. */
  lead: number;
  watch: Watch;
  /** Running loss and PSNR of each gap. */
  loss: Means;
  psnr: Means;
  logVariances: LogVariances;
}

export const freshState = (decisions: Decisions, step: number): CurriculumState => ({
  version: 1,
  decisions,
  lead: 0,
  watch: freshWatch(step),
  loss: {},
  psnr: {},
  logVariances: {},
});

const count = () => z.int().min(0);
const byGap = <T extends z.ZodType>(value: T) => z.record(z.string().regex(/^[1-9]\d*$/), value);
const pair = () => z.tuple([z.number(), count()]);

const schema = z.strictObject({
  version: z.literal(1),
  decisions: z.array(z.tuple([count(), z.tuple([count(), count()])])),
  lead: count(),
  watch: z.strictObject({
    from: count(),
    updates: count(),
    current: byGap(pair()),
    previous: byGap(pair()).nullable(),
    plateaus: count(),
  }),
  loss: byGap(pair()),
  psnr: byGap(pair()),
  logVariances: byGap(z.number()),
});

/**
 * The state in a checkpoint.
 * @throws RIFE_ERR_PLUGIN_STATE for one that this release did not write
 */
export function parseState(plugin: string, saved: unknown): CurriculumState {
  const result = schema.safeParse(saved);
  if (result.success) return result.data;
  const {path, message} = result.error.issues[0]!;
  throw pluginState(plugin, path.map(String).join('.'), message);
}

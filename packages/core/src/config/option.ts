/** What an option of the configuration says of itself, beside the values that it takes. */
import * as z from 'zod';

export interface OptionMeta {
  /** What the option does. The first sentence is also the help of its flag. */
  readonly words: string;
  /** Completes "must be ...". @default derived from the schema */
  readonly expected?: string;
  /** A value, as it is written in a configuration. @default the default */
  readonly example?: string;
  readonly unit?: string;
  /** The default in words, where its value alone does not say enough. */
  readonly defaultWords?: string;
  /** The flag of `rife-train train` that sets it: `-n, --steps <n>`. */
  readonly flag?: string;
  /** Its text is a path. */
  readonly isPath?: true;
  /** It holds a group of options, and is none itself. */
  readonly isSection?: true;
}

/** What is known of each option, by its schema. */
export const optionMeta = z.registry<OptionMeta>();

/** Describes the schema of an option, and returns it. */
export function option<S extends z.ZodType>(schema: S, meta: OptionMeta): S {
  optionMeta.add(schema, meta);
  return schema;
}

/** Whole numbers from `least` on. */
export const whole = (least: number) => z.int().gte(least);

/** Rates, weights and margins: above this, sums and squares leave float32. */
export const MOST_RATE = 1e6;

/** Seconds of a timer. Node's timers hold 2^31 milliseconds; a longer one would fire at once. */
export const seconds = () => z.number().gte(0).lte(2_000_000);

/** The value of a group of options, with all defaults. */
export type Output<Shape extends z.core.$ZodShape> = z.output<z.ZodObject<Shape, z.core.$strict>>;

/** A group of options as users write it. */
export type Input<Shape extends z.core.$ZodShape> = z.input<z.ZodObject<Shape, z.core.$strict>>;

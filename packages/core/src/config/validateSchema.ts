/** Options of the section `validate`: public sets that a run is scored on. */
import * as z from 'zod';
import {option, whole} from './option.js';

/** One set. Its names are known to what evaluates, and checked there. */
const setSchema = z.strictObject({
  set: z.string().min(1),
  root: z.string().min(1),
  protocol: z.string().min(1).optional(),
  multi: whole(2).optional(),
  limit: whole(1).optional(),
});

export const validateShape = {
  /**
   * Public test sets that are scored at each validation besides the triplets of `val/`: `{set,
   * root, protocol, multi, limit}`, as `rife-train eval` takes them. Scores are named
   * `<set>/psnr`. @default []
   */
  sets: option(z.array(setSchema).default([]), {
    words:
      'Public test sets that are scored at each validation besides the triplets of `val/`: `{set, root, protocol, multi, limit}`, as `rife-train eval` takes them. Scores are named `<set>/psnr`.',
    expected: 'a list of sets, such as {set, root}',
    example: "[{set: 'middlebury', root: '/data/middlebury'}]",
  }),
  /**
   * Score that decides which checkpoint is the best: `psnr`, or one of a set, such as
   * `middlebury/ie`. @default 'psnr'
   */
  best: option(z.string().min(1).default('psnr'), {
    words:
      'Score that decides which checkpoint is the best: `psnr`, or one of a set, such as `middlebury/ie`.',
    expected: 'the name of a score',
  }),
};

export const validateSchema = option(z.strictObject(validateShape), {
  words: 'What is scored every `validateEvery` steps.',
  expected: 'an object with options',
  example: '{}',
  isSection: true,
});

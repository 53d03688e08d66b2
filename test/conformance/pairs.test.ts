/** Every two official plugins, and all of them, hold together what each holds alone. */
import {conformance, type CheckName} from '@rife-train/testing';
import {NAMES, PAIRS, pluginsOf} from './support.js';

// Each plugin's own tests run the whole kit. What is left out here follows from the rest, or looks at the factories alone.
const PAIR_CHECKS: CheckName[] = [
  'captured equals eager',
  'resumes exactly',
  'a rollback restores its state',
  'keeps NaN visible in the gradients',
];
const ALL_CHECKS: CheckName[] = [
  ...PAIR_CHECKS,
  'leaks nothing',
  'keeps NaN visible in the loss',
  'predicts the same, or says that it does not',
  'can be applied twice',
];

for (const names of PAIRS)
  conformance(() => pluginsOf(names), {name: names.join(' and '), only: PAIR_CHECKS});
conformance(() => pluginsOf(NAMES), {name: NAMES.join(' and '), only: ALL_CHECKS});

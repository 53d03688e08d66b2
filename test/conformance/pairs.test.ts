/** Every two official plugins, and all of them, hold together what each holds alone. */
import {conformance, type CheckName} from '@rife-train/testing';
import {NAMES, PAIRS, pluginsOf} from './support.js';

// Each plugin's own tests run the whole kit. What is left out here follows from the rest, or looks at the factories alone.
const CHECKS: CheckName[] = [
  'captured equals eager',
  'resumes exactly',
  'a rollback restores its state',
  'leaks nothing',
  'keeps NaN visible in the loss',
  'keeps NaN visible in the gradients',
  'predicts the same, or says that it does not',
  'can be applied twice',
];

for (const names of [...PAIRS, NAMES])
  conformance(() => pluginsOf(names), {name: names.join(' and '), only: CHECKS});

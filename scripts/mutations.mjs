/**
 * Mutations for `mutate.mjs`. Each changes a constant or an operation of the sources in a way that
 * somebody could plausibly get wrong, and compiles. A mutation is {id, what, file, edits, tests}.
 * The text of each edit occurs exactly once in the file (test/workspace checks that). `tests` names
 * the files, and the tests in them, that must notice.
 */
import {ADDITION_MUTATIONS} from './mutations/additions.mjs';
import {DATA_MUTATIONS} from './mutations/data.mjs';
import {EVALUATE_MUTATIONS} from './mutations/evaluate.mjs';
import {INSTALLATION_MUTATIONS} from './mutations/installation.mjs';
import {INTERPOLATE_MUTATIONS} from './mutations/interpolate.mjs';
import {KERNEL_MUTATIONS} from './mutations/kernels.mjs';
import {LOSS_MUTATIONS} from './mutations/losses.mjs';
import {NETWORK_MUTATIONS} from './mutations/network.mjs';
import {OP_MUTATIONS} from './mutations/ops.mjs';
import {PARAMETER_MUTATIONS} from './mutations/parameters.mjs';
import {PLUGIN_MUTATIONS} from './mutations/plugins.mjs';
import {RIFE4_MUTATIONS} from './mutations/rife4.mjs';
import {REPLICA_MUTATIONS} from './mutations/replicas.mjs';
import {SURVIVAL_MUTATIONS} from './mutations/survival.mjs';
import {DEFAULT_MUTATIONS, OPTIMIZER_MUTATIONS, STEP_MUTATIONS} from './mutations/training.mjs';

export const MUTATIONS = [
  ...OP_MUTATIONS,
  ...KERNEL_MUTATIONS,
  ...NETWORK_MUTATIONS,
  ...ADDITION_MUTATIONS,
  ...RIFE4_MUTATIONS,
  ...LOSS_MUTATIONS,
  ...PARAMETER_MUTATIONS,
  ...OPTIMIZER_MUTATIONS,
  ...DEFAULT_MUTATIONS,
  ...STEP_MUTATIONS,
  ...DATA_MUTATIONS,
  ...INTERPOLATE_MUTATIONS,
  ...PLUGIN_MUTATIONS,
  ...SURVIVAL_MUTATIONS,
  ...REPLICA_MUTATIONS,
  ...INSTALLATION_MUTATIONS,
  ...EVALUATE_MUTATIONS,
];

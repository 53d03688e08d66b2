/** Several devices: one mean gradient, one decision, samples that are counted on. */
import {mutationsIn} from './mutation.mjs';
import {goingOn, means, together} from './tests.mjs';

const core = mutationsIn('packages/core/src');
const parallel = mutationsIn('packages/parallel/src');

export const REPLICA_MUTATIONS = [
  parallel(
    'replicas/sum',
    'ways',
    'the sum of the gradients in place of their mean',
    ['const mean = Math.fround(sums[i]! / count);', 'const mean = Math.fround(sums[i]!);'],
    means('the mean over 3 replicas'),
  ),
  parallel(
    'replicas/one-missing',
    'ways',
    'the last replica is not added',
    ['for (let rank = 0; rank < count; rank++) add(', 'for (let rank = 0; rank < count - 1; rank++) add('],
    means('the mean over 3 replicas'),
  ),
  parallel(
    'replicas/layout',
    'mean',
    'variables of other sizes are not noticed',
    ['      if (first !== other)\n', '      if (first.length > 1e6 && first !== other)\n'],
    means('a layout with another size'),
  ),
  core(
    'replicas/no-mean',
    'run/passes',
    'each replica updates by its own gradient',
    ['brokenRank < 0 && replicas.count > 1 ?', 'brokenRank < 0 && replicas.count > 9 ?'],
    together('four replicas of a batch of 2'),
  ),
  core(
    'replicas/first-flag',
    'run/replicas',
    'the numbers of replica 0 alone count',
    [
      'all.findIndex(replica => !replica.isFinite)',
      'all.findIndex((replica, i) => i === 0 && !replica.isFinite)',
    ],
    together('all leave the step out'),
  ),
  core(
    'replicas/disagree',
    'run/replicas',
    'decisions are not compared',
    [
      'if (decisions.some(other => other !== decisions[0]))',
      'if (decisions.some(other => other === undefined))',
    ],
    together('decide differently'),
  ),
  core(
    'replicas/drift',
    'run/checkpoints',
    'weights that have drifted apart stay apart',
    ['if (apart.length === 0) return;', 'if (apart.length >= 0) return;'],
    together('drifted apart'),
  ),
  core(
    'replicas/reshard',
    'checkpoint/sharding',
    'samples begin anew with other replicas',
    ['sample: firstSample(old, dataIndex)}', 'sample: 0 * dataIndex}'],
    goingOn('fed every sample once'),
  ),
  core(
    'replicas/rate',
    'optim/schedule',
    'the learning rate is multiplied by the devices, not by a quarter of them',
    ['unscaled) * devices) / TUNED_FOR', 'unscaled) * devices) / 1'],
    together('scaleWithDevices'),
  ),
];

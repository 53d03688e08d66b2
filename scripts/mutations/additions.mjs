/** Mutations of what plugin-multiscale adds to the network. */
import {mutationsIn} from './mutation.mjs';
import {additions, extras, multiscalePlugin, wideConvs} from './tests.mjs';

const inModel = mutationsIn('packages/model/src');
const inOps = mutationsIn('packages/engine/src/ops');
const inPlugin = mutationsIn('packages/plugin-multiscale/src');
const captured = kind => additions(`${kind}, captured`);

export const ADDITION_MUTATIONS = [
  inOps(
    'dilated/pad',
    'dilatedConv2d',
    'sides that the rate does not divide are filled up above, not below',
    ['[rate, rate + below],', '[rate + below, rate],'],
    wideConvs('dilated'),
  ),
  inModel(
    'wide/rates',
    'architecture',
    'the second dilation is 3',
    ['DILATIONS = [2, 4]', 'DILATIONS = [2, 3]'],
    captured('dilated'),
  ),
  inModel(
    'wide/residual',
    'wideBranch',
    'the branch replaces the features',
    ['return tf.add(x, added);', 'return added;'],
    captured('large-kernel'),
  ),
  inModel(
    'wide/blocks',
    'architecture',
    'scale 8 and coarser alone have a branch',
    ['const DEEP_SCALE = 4;', 'const DEEP_SCALE = 8;'],
    captured('dilated'),
  ),
  inModel(
    'fusion/top-down',
    'contextFusion',
    'no way from coarse to fine',
    ['passedOn(lateral.toReversed(), 2).toReversed()', 'lateral'],
    captured('dilated'),
  ),
  inModel(
    'fusion/bottom-up',
    'contextFusion',
    'no way from fine to coarse',
    ['const bottomUp = passedOn(topDown, 0.5);', 'const bottomUp = topDown;'],
    captured('dilated'),
  ),
  inModel(
    'zero/fusion',
    'parameters',
    'the way back from the fusion starts at random',
    [
      '...fromZero(plainConv(`contextnet.fusion.out${i + 1}`, FUSION_WIDTH, channels, 1)),',
      '...plainConv(`contextnet.fusion.out${i + 1}`, FUSION_WIDTH, channels, 1),',
    ],
    extras('^fusion the output'),
  ),
  inModel(
    'zero/stages',
    'parameters',
    'one stage too many starts from zero',
    ['startsAtZero: i < zeroStages,', 'startsAtZero: i <= zeroStages,'],
    extras('zeroStages'),
  ),
  inModel(
    'cost/context',
    'cost',
    'the context net is counted once, not for each image',
    ["const runs = name.startsWith('contextnet.') ? 2 : 1;", 'const runs = 1;'],
    extras("cost of the reference's"),
  ),
  inPlugin(
    'shift/direction',
    'shiftedWeights',
    'blocks move to the front',
    ['`block${Number(index) + by}.`', '`block${Number(index) - by}.`'],
    multiscalePlugin(),
  ),
  inPlugin(
    'shift/inputs',
    'shiftedWeights',
    'the inputs that the block knew come last',
    ['(o + 1) * from), o * to)', '(o + 1) * from), (o + 1) * to - from)'],
    multiscalePlugin(),
  ),
  inPlugin(
    'multiscale/refused',
    'extended',
    'a network without stages is extended',
    ['|| !own)', '|| !model)'],
    multiscalePlugin('not IFNet'),
  ),
  inPlugin(
    'multiscale/zero',
    'extended',
    'only the first new stage starts from zero',
    ['{zeroStages: stages.length + (model.zeroStages ?? 0)}', '{zeroStages: 1 + (model.zeroStages ?? 0)}'],
    multiscalePlugin(),
  ),
];

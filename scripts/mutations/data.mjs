/** Mutations of what the network is fed. */
import {mutationsIn} from './mutation.mjs';
import {augmentation, imageChannels, sampling} from './tests.mjs';

const edited = mutationsIn('packages');
const mutation = (id, file, what, find, replace, tests) => edited(id, file, what, [find, replace], tests);

export const DATA_MUTATIONS = [
  mutation(
    'channels/data',
    'data/src/augment',
    'frames are fed as RGB',
    'reversed ? [0, 2] : [2, 0]',
    'reversed ? [2, 0] : [0, 2]',
    augmentation('without augmentation'),
  ),
  mutation(
    'channels/weights',
    'model/src/imageChannels',
    'a conversion to RGB turns channels by one place',
    'IMAGE - 1 - c : c',
    '(c + 1) % IMAGE : c',
    imageChannels('^IFNet '),
  ),
  mutation(
    'timestep/asymmetric',
    'data/src/clip',
    'the timestep is measured from img1',
    '(at - from) / (to - from)',
    '(to - at) / (to - from)',
    sampling('the timestep is that of the frames'),
  ),
  mutation(
    'timestep/swapped',
    'data/src/plan',
    'the timestep of swapped inputs stays',
    'positionIn(numbersAsFed(sample))',
    'positionIn(sample.numbers)',
    sampling('the timestep is that of the frames'),
  ),
  mutation(
    'augmentation/swap',
    'data/src/augment',
    'inputs are not swapped',
    'augmentation.swap ? [img1, img0] : [img0, img1]',
    'augmentation.swap ? [img0, img1] : [img0, img1]',
    augmentation('equals the steps done one by one'),
  ),
  mutation(
    'augmentation/rotation',
    'data/src/augment',
    'quarters turn anticlockwise',
    'base: v.base + (v.height - 1) * v.down,\n  down: v.right,\n  right: -v.down,',
    'base: v.base + (v.width - 1) * v.right,\n  down: -v.right,\n  right: v.down,',
    augmentation('equals the steps done one by one'),
  ),
];

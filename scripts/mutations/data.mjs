/** Mutations of what the network is fed. */
import {mutationsIn} from './mutation.mjs';
import {augmentation, imageChannels, packs, sampling} from './tests.mjs';

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
  mutation(
    'pack/checksum',
    'data/src/pack/reader',
    'tiles are not checked',
    'if (crc32(stored) !== sum)',
    'if (false)',
    packs('every single byte is guarded'),
  ),
  mutation(
    'pack/length',
    'data/src/pack/format',
    'the length of a packed clip is not checked',
    'if (fileBytes !== expected)',
    'if (false)',
    packs('cut off anywhere'),
  ),
  mutation(
    'pack/carry',
    'data/src/pack/codec',
    'a byte carries into the next one',
    '(b & 0x7f7f7f7f)) ^ ((a ^ b) & 0x80808080)',
    'b)',
    packs('are the frames own pixels'),
  ),
  mutation(
    'pack/crop',
    'data/src/frames',
    'the crop is taken of the crop',
    'crop: {...crop, top: 0, left: 0}});',
    'crop});',
    packs('a triplet by crop'),
  ),
  mutation(
    'pack/handles',
    'data/src/pack/store',
    'files of clips that were read before stay open',
    '      file.close();\n      this.#open.delete(path);',
    '      this.#open.delete(path);',
    packs('open files are bounded'),
  ),
];

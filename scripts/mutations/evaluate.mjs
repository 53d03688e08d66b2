/** Mutations of how networks are scored. */
import {oneEditIn} from './mutation.mjs';
import {
  madeFrames,
  paddedPictures,
  protocolTable,
  publishedMetrics,
  resultRows,
  scoredTargets,
  validationBest,
  viewsOfSets,
} from './tests.mjs';

const mutation = oneEditIn('packages');

export const EVALUATE_MUTATIONS = [
  mutation(
    'evaluate/middles',
    'evaluate/src/run/maker',
    'the later half is made from img0',
    'yield* repeatedMiddles([frame, img1], later, middle, [half, to]);',
    'yield* repeatedMiddles([img0, img1], later, middle, [half, to]);',
    madeFrames(),
  ),
  mutation(
    'evaluate/rgb',
    'evaluate/src/run/maker',
    'a script that feeds RGB gets its frames back in RGB',
    'reversed(await maker.predict(turned(img0), turned(img1), t, gap))',
    'maker.predict(turned(img0), turned(img1), t, gap)',
    madeFrames('a script that feeds RGB'),
  ),
  mutation(
    'evaluate/nearest',
    'evaluate/src/run/score',
    'the nearest input is always img0',
    't <= 0.5 ? img0 : img1',
    't <= 1 ? img0 : img1',
    scoredTargets('the nearest input'),
  ),
  mutation(
    'evaluate/resume',
    'evaluate/src/run/rows',
    'scores of other frames are taken over',
    'const same = first !== undefined && comparable(first as Identity) === comparable(identity);',
    'const same = first !== undefined;',
    resultRows(),
  ),
  mutation(
    'evaluate/centre',
    'evaluate/src/picture/pad',
    'the odd row of padding is at the top',
    'top: floor((outer.height - size.height) / 2)',
    'top: ceil((outer.height - size.height) / 2)',
    paddedPictures(),
  ),
  mutation(
    'evaluate/usual',
    'evaluate/src/protocols/table',
    'Middlebury is measured by RIFE without being asked',
    "['ucf101', 'rife'],",
    "['ucf101', 'rife'],\n  ['middlebury', 'rife'],",
    protocolTable('middlebury by undefined'),
  ),
  mutation(
    'evaluate/ssim-constant',
    'evaluate/src/metrics/gaussianSsim',
    'the second constant of SSIM is (0.02 L)^2',
    'const C2 = 0.03 ** 2',
    'const C2 = 0.02 ** 2',
    publishedMetrics(),
  ),
  mutation(
    'evaluate/rounded',
    'evaluate/src/metrics/rounded',
    'values are cut off to bytes',
    'out[i] = fround(255 * data[i]!);',
    'out[i] = Math.floor(fround(255 * data[i]!));',
    publishedMetrics(),
  ),
  mutation(
    'evaluate/xiph',
    'evaluate/src/picture/views',
    'halves are rounded down',
    '+ 3]! + 2) >> 2',
    '+ 3]! + 1) >> 2',
    viewsOfSets(),
  ),
  mutation(
    'evaluate/best',
    'core/src/run/validation',
    'the best is always the highest',
    'lower ? score < best : score > best',
    'lower ? score > best : score > best',
    validationBest('another score may decide'),
  ),
];

/** Options of a RIFE 4.x network: what they mean, and which are refused. */
import type {ModelOptions} from '@rife-train/core';
import {MOST_RATE, option} from '@rife-train/core/config';
import * as z from 'zod';
import {checkStages, distillOptions, isEven, isPowerOfTwo, networkName, type ScaleList} from '../options.js';
import {RIFE4, RIFE4_VERSIONS, type Rife4Architecture} from './architecture.js';
import {listName} from './scaleLists.js';

/** The author's recommendation for most scenes. */
const DEFAULT_VERSION = '4.25';

const versions = Object.keys(RIFE4_VERSIONS);
const absent = `left out: ${RIFE4} does not have it`;

/** Complete options of RIFE4. */
export type Rife4Options = ModelOptions & Required<Pick<ModelOptions, 'version' | 'widths'>>;

/** An empty list means the version's own, as it did in earlier releases. */
const emptyIsAbsent = (value: unknown) => (Array.isArray(value) && value.length === 0 ? undefined : value);
/** Checked when the version is known. */
const ownList = () => z.preprocess(emptyIsAbsent, z.custom<number[]>().optional());

const WEIGHT = `a number above 0, up to ${MOST_RATE}`;
const termWeight = (words: string) =>
  option(z.number(WEIGHT).positive(WEIGHT).lte(MOST_RATE, WEIGHT).optional(), {
    words,
    expected: WEIGHT,
    example: '0.1',
    defaultWords: 'off',
  });
const termWeights = option(
  z
    .strictObject({
      ssim: termWeight("Weight of 1 - SSIM of the last frame; the author's recipe of 4.25 has 0.1."),
      encode: termWeight(
        "Weight of the frames' distance to gt in the features of a slowly moving copy of the encoder; the author's recipe of 4.25 has 0.1. For versions with an encoder, 4.7 and later.",
      ),
      smooth: termWeight("Weight of the last flow's Sobel derivatives; upstream's code of 4.0 has 0.1."),
      vgg: termWeight(
        "Weight of the last frame's distance to gt in the features of VGG-19, RIFE's VGGPerceptualLoss. Needs `model.vgg`.",
      ),
      gram: termWeight(
        "Weight of the distance of these features' Gram matrices, after FILM's style loss. Needs `model.vgg`.",
      ),
    })
    .optional(),
  {
    words: 'RIFE4: loss terms that are off by default, by weight.',
    expected: 'an object such as {ssim: 0.1}',
    example: '{ssim: 0.1, encode: 0.1}',
    defaultWords: 'none',
    isSection: true,
  },
);

const ANY_SHARE = 'a number above 0, at most 1';
const share = z.number(ANY_SHARE).gt(0, ANY_SHARE).lte(1, ANY_SHARE);

const scaleLists = option(
  z
    .array(z.strictObject({scales: z.custom<number[]>(), share}))
    .min(1, 'at least one list')
    .optional(),
  {
    words:
      "RIFE4: other scales for some of the training steps, each list with the probability of a step to train with it; the rest train with `scales`. The author's recipe of 4.25 has the two of the example.",
    expected: 'a list of {scales, share}',
    example: '[{scales: [8, 4, 2, 2, 1], share: 0.3}, {scales: [4, 4, 2, 2, 1], share: 0.3}]',
    defaultWords: 'none',
  },
);

const timeCalibration = option(
  z
    .strictObject({
      weight: option(z.number(WEIGHT).positive(WEIGHT).lte(MOST_RATE, WEIGHT).default(1), {
        words: "Weight of the term `time`: the prediction's squared error where gt is not in the middle.",
        expected: WEIGHT,
        example: '0.5',
      }),
      share: option(z.number().gte(0).lte(1).default(0.3), {
        words: 'Probability of a step to train with the predicted time.',
        expected: 'a number from 0 to 1',
        example: '0.5',
      }),
    })
    .optional(),
  {
    words:
      "RIFE4: a small network predicts the time of gt, and some of the training steps use its prediction; the author's recipe of 4.25 has `{}`.",
    expected: 'an object such as {share: 0.3}',
    example: '{}',
    defaultWords: 'off',
    isSection: true,
  },
);

/** What is wrong with lists of scales. */
function scaleListProblem(lists: readonly ScaleList[], scales: readonly number[]): string | undefined {
  const isList = (list: unknown) =>
    Array.isArray(list) && list.length === scales.length && list.every(isPowerOfTwo);
  const total = lists.reduce((sum, list) => sum + list.share, 0);
  if (!lists.every(list => isList(list.scales)))
    return `lists of ${scales.length} powers of two, one per block`;
  const names = [scales, ...lists.map(list => list.scales)].map(listName);
  if (total > 1 + 1e-9) return 'lists whose shares add up to at most 1';
  return new Set(names).size < names.length
    ? 'lists that differ from each other and from `scales`'
    : undefined;
}

/** `model` of RIFE4. */
export const rife4Options = z
  .strictObject({
    name: networkName,
    version: option(z.enum(versions).default(DEFAULT_VERSION), {
      words: 'RIFE4: version of the family.',
      expected: `one of ${versions.join(', ')}`,
      example: "'4.0'",
    }),
    scales: option(ownList(), {
      words: 'Scale of each block, coarse to fine.',
      expected: 'a list of powers of two from 1 to 128, one per block',
      example: '[16, 8, 4, 2, 1]',
      defaultWords: 'those of the version',
    }),
    widths: option(ownList(), {
      words: 'Channels of each block.',
      expected: 'a list of even numbers from 2 to 4096, one per block',
      example: '[96, 64, 48, 32]',
      defaultWords: 'those of the version',
    }),
    distill: distillOptions,
    terms: termWeights,
    vgg: option(z.string().min(1).optional(), {
      words: "RIFE4: file with torchvision's VGG-19, for the terms `vgg` and `gram`.",
      expected: 'the path of a weights file',
      example: "'vgg19-dcbb9e9d.pth'",
      defaultWords: 'none: these terms are off',
      isPath: true,
    }),
    scaleLists,
    timeCalibration,
    // IFNet's, which plugins may set.
    norm: z.literal('none', absent).optional(),
    zeroStages: z.literal(0, absent).optional(),
    fusion: z.literal(false, absent).optional(),
    receptiveField: z.literal('none', absent).optional(),
  })
  .transform(({name, version, scales, widths, distill, terms, ...recipe}, context): Rife4Options => {
    const known = RIFE4_VERSIONS[version]!;
    const blocks = known.widths.length;
    const check = (option: string, given: unknown, fits: (item: unknown) => boolean, items: string) => {
      if (given === undefined || (Array.isArray(given) && given.length === blocks && given.every(fits)))
        return;
      const message = `left out, or ${blocks} ${items}, one per block`;
      context.addIssue({code: 'custom', path: [option], message});
    };
    check('scales', scales, isPowerOfTwo, 'powers of two from 1 to 128');
    check('widths', widths, isEven, 'even numbers from 2 to 4096');
    checkStages(context, distill?.stages, blocks);
    const problem = recipe.scaleLists && scaleListProblem(recipe.scaleLists, scales ?? known.scales);
    if (problem) context.addIssue({code: 'custom', path: ['scaleLists'], message: problem});
    if (terms?.encode !== undefined && !known.encode)
      context.addIssue({
        code: 'custom',
        path: ['terms', 'encode'],
        message: `left out: ${RIFE4} ${version} has no encoder`,
      });
    return {
      name,
      version,
      scales: scales ?? [...known.scales],
      widths: widths ?? [...known.widths],
      ...(distill ? {distill} : {}),
      ...(terms ? {terms} : {}),
      ...(recipe.vgg === undefined ? {} : {vgg: recipe.vgg}),
      ...(recipe.scaleLists ? {scaleLists: recipe.scaleLists} : {}),
      ...(recipe.timeCalibration ? {timeCalibration: recipe.timeCalibration} : {}),
    };
  });

/** The architecture that complete options describe. */
export const architectureOf = ({version, scales, widths = []}: ModelOptions): Rife4Architecture => ({
  ...RIFE4_VERSIONS[version!]!,
  scales,
  widths,
});

/** Complete options of a released network. */
export const releasedOptions = (version: string): ModelOptions => rife4Options.parse({name: RIFE4, version});

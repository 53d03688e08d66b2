/** What the loss terms `vgg` and `gram` need of VGG-19. Pure: no TensorFlow. */
import {featureMacs, featureSpecs, layersTo} from './featurePlan.js';
import {FIRST_CONVS, SECOND_CONVS, vgg19} from './vgg19.js';

/** The convolutions that each term reads. */
export const PERCEPTUAL_TAPS = {vgg: FIRST_CONVS, gram: SECOND_CONVS};
export type PerceptualTerm = keyof typeof PERCEPTUAL_TAPS;
export const PERCEPTUAL_TERMS = Object.keys(PERCEPTUAL_TAPS) as PerceptualTerm[];

const layersOf = (terms: readonly PerceptualTerm[]) =>
  layersTo(
    vgg19(),
    terms.flatMap(term => PERCEPTUAL_TAPS[term]),
  );

/** Tensors of VGG-19 that the terms need, by torchvision's names. */
export const perceptualSpecs = (terms: readonly PerceptualTerm[]) => featureSpecs(layersOf(terms));

/** Multiply-adds per pixel as they count for a trained network. */
export const perceptualMacs = (terms: readonly PerceptualTerm[]) => featureMacs(layersOf(terms));

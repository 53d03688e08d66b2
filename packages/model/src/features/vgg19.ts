/**
 * The convolutions of VGG-19 (Simonyan and Zisserman 2015, without batch norm), by the names that
 * torchvision's `vgg19` gives them.
 */
import type {FeatureLayer} from './featurePlan.js';

/** Of each stage: channels as a multiple of the first one's, and convolutions. */
const STAGES = [
  [1, 2],
  [2, 2],
  [4, 4],
  [8, 4],
  [8, 4],
] as const;

/** Channels of the first stage. */
const WIDTH = 64;

/** @param width channels of the first stage; torchvision's files have 64 */
export function vgg19(width = WIDTH): FeatureLayer[] {
  const layers: FeatureLayer[] = [];
  // In torchvision's `Sequential` a convolution and its ReLU count two, a pooling one.
  let [index, from] = [0, 3];
  for (const [factor, convs] of STAGES) {
    if (index > 0) {
      layers.push('pool');
      index++;
    }
    for (let i = 0; i < convs; i++) {
      layers.push({name: `features.${index}`, from, to: factor * width});
      from = factor * width;
      index += 2;
    }
  }
  return layers;
}

/** Before these names in a program. */
export const VGG_PREFIX = 'vgg19.';

/** First convolution of each stage, conv1_1 to conv5_1. */
export const FIRST_CONVS = [0, 5, 10, 19, 28].map(index => `features.${index}`);
/** Second convolution of each stage, conv1_2 to conv5_2. */
export const SECOND_CONVS = [2, 7, 12, 21, 30].map(index => `features.${index}`);

/** Mean and standard deviation of ImageNet's RGB images in 0..1. */
export const IMAGENET = {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]};

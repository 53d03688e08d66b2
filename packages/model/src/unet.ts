/** Refinement. Axes: B batch, H height, W width of the crop, C channels. */
import * as tf from '@tensorflow/tfjs-core';
import type {NamedTensors} from '@rife-train/core';
import type {WideKind} from './architecture.js';
import type {ContextFeatures} from './contextNet.js';
import {concatChannels, deconv, lastConv, twoConvs} from './layers.js';
import {widened} from './wideBranch.js';

/**
 * Correction of the merged frame, through a sigmoid.
 * @param input [B,H,W,17]: img0, img1, both warped, mask logit, flow
 * @param context warped features at 1/2, 1/4, 1/8, 1/16
 * @param bottom branch that widens the receptive field at 1/16
 * @returns [B,H,W,3] in (0,1); 0.5 means no change
 */
export function unet(
  p: NamedTensors,
  input: tf.Tensor4D,
  context: ContextFeatures[],
  bottom: WideKind = 'none',
): tf.Tensor4D {
  const withContext = (x: tf.Tensor4D, stage: number) => concatChannels([x, ...context[stage]!]);
  const half = twoConvs(p, 'unet.down0', input);
  const quarter = twoConvs(p, 'unet.down1', withContext(half, 0));
  const eighth = twoConvs(p, 'unet.down2', withContext(quarter, 1));
  const sixteenth = widened(p, 'unet', twoConvs(p, 'unet.down3', withContext(eighth, 2)), bottom);
  let x = deconv(p, 'unet.up0', withContext(sixteenth, 3));
  x = deconv(p, 'unet.up1', concatChannels([x, eighth]));
  x = deconv(p, 'unet.up2', concatChannels([x, quarter]));
  x = deconv(p, 'unet.up3', concatChannels([x, half]));
  return tf.sigmoid(lastConv(p, 'unet.conv', x));
}

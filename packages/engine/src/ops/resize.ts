import * as tf from '@tensorflow/tfjs-core';
import {opArgumentError, opShapeError} from '@rife-train/errors';
import {checkNhwc, int32, rawOp, type RawAttr} from './raw.js';

const OP = 'resize';
// PyTorch's align_corners=False: source = (target + 0.5) / factor - 0.5, clamped at the border.
const ATTRS: Record<string, RawAttr> = {T: {type: 'float32'}, align_corners: false, half_pixel_centers: true};

function targetSize(x: tf.Tensor4D, factor: number): [height: number, width: number] {
  if (!(factor > 0 && Number.isFinite(factor)))
    throw opArgumentError(OP, 'factor', factor, 'a number above 0');
  const height = x.shape[1] * factor;
  const width = x.shape[2] * factor;
  if (!Number.isInteger(height) || !Number.isInteger(width)) {
    throw opShapeError(OP, 'x', x.shape, `of a height and width that times ${factor} are whole numbers`);
  }
  return [height, width];
}

const resizeBy = (height: number, width: number) =>
  tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor]);
    return {
      value: rawOp('ResizeBilinear', [x as tf.Tensor, int32([height, width])], ATTRS),
      // Only the shape of the second input matters.
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => rawOp('ResizeBilinearGrad', [dy, saved[0]!], ATTRS),
    };
  });

/**
 * Bilinear resize with half-pixel centres and no antialias: PyTorch's
 * `interpolate(scale_factor=factor, align_corners=False)`. tfjs's own resizeBilinear has the value,
 * but a wrong gradient.
 *
 * @param x [B,H,W,C]
 * @param factor size out / size in; both sizes must come out whole
 * @throws RIFE_ERR_ENGINE_OPS_SHAPE, RIFE_ERR_ENGINE_OPS_ARGUMENT
 */
export function resize(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  checkNhwc(OP, 'x', x);
  const [height, width] = targetSize(x, factor);
  return factor === 1 ? x : (resizeBy(height, width)(x) as tf.Tensor4D);
}

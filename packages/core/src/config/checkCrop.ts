import {cropInvalid} from '@rife-train/errors';
import type {DataConfig, Model} from '../contract/index.js';

/** Height and width of the crop, in pixels. */
export const cropSides = ({crop}: Pick<DataConfig, 'crop'>): readonly [height: number, width: number] =>
  Array.isArray(crop) ? crop : [crop, crop];

/**
 * Does the network take crops of this size? Asked before anything is opened.
 * @throws RIFE_ERR_DATA_CROP
 */
export function checkCrop(data: Pick<DataConfig, 'crop'>, model: Model): void {
  const {cropMultiple, minCrop} = model;
  const [height, width] = cropSides(data);
  const fits = (side: number) => side % cropMultiple === 0 && side >= minCrop;
  if (!fits(height) || !fits(width))
    throw cropInvalid(height, width, cropMultiple, minCrop, Math.max(...model.options.scales));
}

/** Shape functions of ops that slide a window over an image. */
import {input, out, type AttrOf, type ShapeFunction} from './shapes.js';

/** Height and width of a sliding window's output; lists are [1,height,width,1]. */
function slidSides(shape: readonly number[], sizes: readonly number[], attr: AttrOf, rates = [1, 1, 1, 1]) {
  const same = attr('padding') === 'SAME';
  if (attr('data_format') === 'NCHW' || attr('padding') === 'EXPLICIT')
    throw new Error('only NHWC with SAME or VALID');
  const strides = attr('strides') as number[];
  return [1, 2].map(i => {
    const window = (sizes[i]! - 1) * rates[i]! + 1;
    return Math.ceil((same ? shape[i]! : shape[i]! - window + 1) / strides[i]!);
  });
}

export const conv2d =
  (filterChannels: (filter: readonly number[]) => number): ShapeFunction =>
  (inputs, attr) => {
    const {shape, dtype} = input(inputs, 0);
    const filter = input(inputs, 1).shape;
    const sides = slidSides(shape, [1, ...filter], attr, attr('dilations') as number[] | undefined);
    return out([shape[0]!, ...sides, filterChannels(filter)], dtype);
  };

export const maxPool: ShapeFunction = (inputs, attr) => {
  const {shape, dtype} = input(inputs, 0);
  return out([shape[0]!, ...slidSides(shape, attr('ksize') as number[], attr), shape[3]!], dtype);
};

/** Windows of an image, concatenated in the channels. */
export const imagePatches: ShapeFunction = (inputs, attr) => {
  const {shape, dtype} = input(inputs, 0);
  const [sizes, rates] = [attr('ksizes') as number[], attr('rates') as number[]];
  return out([shape[0]!, ...slidSides(shape, sizes, attr, rates), shape[3]! * sizes[1]! * sizes[2]!], dtype);
};

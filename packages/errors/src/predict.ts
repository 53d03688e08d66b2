import {showValue} from './core.js';
import {RifeError} from './rifeError.js';

const part = 'predict';
const sides = ({height, width}: {height: number; width: number}) => `${height} x ${width}`;

/** Two frames of different sizes. */
export const predictSizes = (img0: {height: number; width: number}, img1: {height: number; width: number}) =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_SIZES',
    part,
    what: `img0 is ${sides(img0)} and img1 is ${sides(img1)} (height x width)`,
    expected: 'Expected two frames of one size',
    fix: 'Resize or crop one of them',
  });

/** A frame whose data does not match its size. */
export const predictFrame = (name: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_FRAME',
    part,
    what: `${name} ${problem}`,
    expected:
      'Expected height * width * 3 values, rows of BGR pixels: a Uint8Array, or a Float32Array of 0..1',
    fix: 'Pass the decoded picture without alpha and without gaps between rows',
  });

/** An image file that can't be decoded. */
export const predictImage = (path: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_IMAGE',
    part,
    what: `Image "${path}" can't be read: ${reason}`,
    expected: 'Expected a complete PNG, JPEG or WebP file',
    fix: 'Check the path, or save the image again',
    cause,
  });

/** A timestep at which this network can't predict. `middleOnly`: the network takes no timestep. */
export const predictTimestep = (model: string, got: unknown, middleOnly: boolean) =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_TIMESTEP',
    part,
    what: `The timestep is ${showValue(got)}`,
    expected: middleOnly
      ? `${model} takes no timestep and predicts only the middle frame, 0.5`
      : 'Expected a number above 0 and below 1',
    fix: middleOnly
      ? 'Use weights of IFNet_m for other timesteps, or halve repeatedly with --multi 2, 4, 8 ...'
      : 'Give the position of the frame between img0 (0) and img1 (1)',
  });

/** A scale, or a list of scales, at which no prediction is possible. */
export const predictScale = (option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_SCALE',
    part,
    what: `"${option}" is ${showValue(got)}`,
    expected: `Expected ${expected}`,
    fix: 'Use 1 for most frames, and 0.5 where motion is large, as in 4K',
  });

/** Weights that do not fit the network. */
export const predictWeights = (model: string, problems: readonly string[], seems?: string) => {
  const more = problems.length > 6 ? `; and ${problems.length - 6} more` : '';
  return new RifeError({
    code: 'RIFE_ERR_PREDICT_WEIGHTS',
    part,
    what: `The weights do not fit ${model}: ${problems.slice(0, 6).join('; ')}${more}`,
    expected: `${seems === undefined ? '' : `${seems}. `}Expected every tensor that a prediction needs; the teacher (block_tea) may be missing`,
    fix: 'Name other weights, or the right network with --model; "rife-train weights inspect" shows what is in a file',
  });
};

/** A checkpoint of a run with plugins that change the flow, used without these plugins. */
export const predictPlugins = (checkpoint: string, missing: readonly string[], hasConfig: boolean) =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_PLUGINS',
    part,
    what: `The checkpoint ${checkpoint} was trained with ${missing.map(name => `"${name}"`).join(', ')}, which ${missing.length > 1 ? 'change' : 'changes'} the flow`,
    expected: 'Without that change its frames would be wrong',
    fix: hasConfig
      ? 'Add it to "plugins" of the configuration, or omit --config and add --without-plugins'
      : "Add --config with the run's rife.config.ts, or --without-plugins to see what the weights alone predict",
  });

/** A prediction of NaN or infinity. */
export const predictNonFinite = (count: number) =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_NON_FINITE',
    part,
    what: `${count} values of the predicted frame are not finite`,
    expected: 'Expected numbers from 0 to 1',
    fix: 'Use weights that were saved before the run broke; "rife-train weights inspect" counts such numbers in a file',
  });

/** The predicted frames can't be written. */
export const predictOutput = (path: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_OUTPUT',
    part,
    what: `The output "${path}" can't be written: ${reason}`,
    expected: 'Expected a .png file for one frame, a folder for several',
    fix: 'Choose another --out',
    cause,
  });

/** The predictor was closed. */
export const predictorClosed = () =>
  new RifeError({
    code: 'RIFE_ERR_PREDICT_CLOSED',
    part,
    what: 'The predictor is closed',
    fix: 'Call predict() before close(), or open another predictor',
  });

/** The section `gpu`: settings of TensorFlow and cuDNN that act on GPUs. */
import * as z from 'zod';
import {option} from './option.js';

export const gpuShape = {
  /**
   * Memory of the GPU. `growth`: taken as it is needed, and not given back. `all`: nearly all of
   * it at the start, which leaves nothing to another process. @default 'growth'
   */
  memory: option(z.enum(['growth', 'all']).default('growth'), {
    words:
      'Memory of the GPU. `growth`: taken as it is needed, and not given back. `all`: nearly all of it at the start, which leaves nothing to another process.',
  }),
  /**
   * Convolutions and matrix products round their float32 inputs to TF32, of 10 bits, on GPUs since
   * Ampere; sums are float32. PyTorch does so for convolutions. @default true
   */
  tf32: option(z.boolean().default(true), {
    words:
      'Convolutions and matrix products round their float32 inputs to TF32, of 10 bits, on GPUs since Ampere; sums are float32. PyTorch does so for convolutions.',
  }),
  /**
   * Layout of images. `nhwc`: as captured, which tensor cores want. `nchw`: TensorFlow's layout
   * pass rewrites the graph; try it with `tf32: false`, or before Ampere. @default 'nhwc'
   */
  layout: option(z.enum(['nhwc', 'nchw']).default('nhwc'), {
    words:
      "Layout of images. `nhwc`: as captured, which tensor cores want. `nchw`: TensorFlow's layout pass rewrites the graph; try it with `tf32: false`, or before Ampere.",
  }),
  /**
   * cuDNN tries several algorithms at the first run of each convolution and keeps the fastest. It
   * costs seconds at the start and for each new size, and the choice may differ from run to run.
   * @default true
   */
  autotune: option(z.boolean().default(true), {
    words:
      'cuDNN tries several algorithms at the first run of each convolution and keeps the fastest. It costs seconds at the start and for each new size, and the choice may differ from run to run.',
  }),
  /**
   * Only kernels that add in the same order in every run, for the same bits. They are slower, and
   * an op that has none stops the run with its name. @default false
   */
  deterministic: option(z.boolean().default(false), {
    words:
      'Only kernels that add in the same order in every run, for the same bits. They are slower, and an op that has none stops the run with its name.',
  }),
};

export const gpuSchema = option(z.strictObject(gpuShape), {
  words: 'TensorFlow and cuDNN on a GPU. None of it acts on a processor.',
  expected: 'an object with options',
  example: '{}',
  isSection: true,
});

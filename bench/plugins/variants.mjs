/**
 * What is compared: the stock trainer, each official plugin with options that a user would begin with, and all of them. `module` and
 * `factory` name the plugin; it is loaded by the run alone.
 */
const DISTILL = {module: '@rife-train/plugin-distill', factory: 'distill', options: {weight: 0.002}};
const CURRICULUM = {
  module: '@rife-train/plugin-curriculum',
  factory: 'curriculum',
  options: {from: [1, 2], to: [1, 8], over: [0, 0.5]},
};
const GRADCLIP = {module: '@rife-train/plugin-gradclip', factory: 'gradClip', options: {maxNorm: 1}};
const FLOWNORM = {module: '@rife-train/plugin-flownorm', factory: 'flowNorm', options: {bound: {share: 0.5}}};
const MULTISCALE = {
  module: '@rife-train/plugin-multiscale',
  factory: 'multiscale',
  options: {stages: [16, 8], fusion: true, receptiveField: 'dilated'},
};

export const VARIANTS = {
  none: [],
  distill: [DISTILL],
  curriculum: [CURRICULUM],
  gradclip: [GRADCLIP],
  flownorm: [FLOWNORM],
  multiscale: [MULTISCALE],
  all: [DISTILL, CURRICULUM, GRADCLIP, FLOWNORM, MULTISCALE],
};

/** The plugins of a variant, made anew. */
export const pluginsOf = name =>
  Promise.all(
    VARIANTS[name].map(async ({module, factory, options}) => (await import(module))[factory](options)),
  );

/**
 * The compared variants: the stock trainer, each official plugin with options with which a user
 * would start, and all of them. `module` and `factory` name the plugin; only the run itself loads
 * it.
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

/** The plugins of a variant, created for each run. */
export const pluginsOf = name =>
  Promise.all(
    VARIANTS[name].map(async ({module, factory, options}) => (await import(module))[factory](options)),
  );

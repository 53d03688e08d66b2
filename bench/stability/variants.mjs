/** The recipe of the blow-up, and changes to it. */
import {CANDIDATES} from './candidates.mjs';
import {blindToFlow, borderPull, frozen, heldGain} from './interventions.mjs';

/**
 * Learning rate 1e-3 after 300 steps of warm-up, crops of 96, two of them, gaps 8 to 32. The rest
 * is RIFE's.
 */
const RECIPE = {
  data: {crop: 96, batch: 2, gaps: [8, 32], epoch: 'none'},
  // Over so few steps the cosine is practically constant.
  optim: {learningRate: 1e-3, finalLearningRate: 1e-5, warmupSteps: 300},
  steps: 20000,
};

const DISTILL = weight => ['@rife-train/plugin-distill', 'distill', {weight}];
const CURRICULUM = [
  '@rife-train/plugin-curriculum',
  'curriculum',
  {from: [1, 2], to: [8, 32], over: [0, 0.02]},
];
const GRADCLIP = ['@rife-train/plugin-gradclip', 'gradClip', {maxNorm: 1}];
const FLOWNORM = ['@rife-train/plugin-flownorm', 'flowNorm', {bound: {share: 0.5}}];
const MULTISCALE = [
  '@rife-train/plugin-multiscale',
  'multiscale',
  {stages: [8], fusion: true, receptiveField: 'dilated'},
];
const GAINLIMIT = ['@rife-train/plugin-gainlimit', 'gainLimit', {change: false, limit: 1.5}];
const RECOVER = ['@rife-train/plugin-recover', 'recover', {}];
const rate = learningRate => ({optim: {learningRate}});

/** `about` is the text in the table; `limit` the steps of a run that does not end by itself. */
export const VARIANTS = {
  stock: {about: 'the recipe'},
  // what was reported, and what users were advised to do
  'decay 2e-3': {about: 'weight decay 2e-3 in place of 1e-3', settings: {optim: {weightDecay: 2e-3}}},
  'batch norm': {about: 'batch norm in the blocks', settings: {model: {norm: 'batch'}}},
  'distill 0.002': {about: 'distillation weight 0.002 in place of 0.01', plugins: [DISTILL(0.002)]},
  'distill 0': {about: 'no distillation', plugins: [DISTILL(0)]},
  'rate 5e-4': {about: 'half the learning rate', settings: rate(5e-4), limit: 600},
  'rate 3e-4': {about: "RIFE's own learning rate", settings: rate(3e-4)},
  'crop 128': {about: 'crops of 128', settings: {data: {crop: 128}}, limit: 250},
  // suspects, each taken out alone
  'teacher detached': {
    about: "the teacher's loss does not reach the students",
    settings: {model: {distill: {teacherInput: 'detached'}}},
  },
  'blind to flow': {about: 'no block sees the flow so far', change: blindToFlow},
  'border pull': {about: 'a loss pulls flows back into the image', make: [borderPull]},
  'beta2 0.9': {
    about: "Adam's second moment remembers 10 steps, not 1000",
    settings: {optim: {betas: [0.9, 0.9]}},
  },
  'block0 frozen': {about: 'block0 stays as it began', make: [frozen('block0')]},
  'gain held': {about: 'no inner layer of a block may amplify more than 1.5 times', change: heldGain(1.5)},
  // the plugins
  curriculum: {about: 'gaps 1-2 at first, 8-32 from step 400 on', plugins: [CURRICULUM]},
  gradclip: {about: 'global norm clipped at 1', plugins: [GRADCLIP]},
  flownorm: {about: "each block's flow bounded to half the crop", plugins: [FLOWNORM]},
  multiscale: {about: 'one more stage, fusion, dilated convolutions', plugins: [MULTISCALE]},
  'all five': {
    about: 'distill 0.002 and the four above',
    plugins: [DISTILL(0.002), CURRICULUM, GRADCLIP, FLOWNORM, MULTISCALE],
  },
  recover: {about: 'snapshots, rollback, softening', plugins: [RECOVER], survives: true},
  gainlimit: {about: 'the plugin that does what "gain held" does', plugins: [GAINLIMIT]},
  'all seven': {
    about: 'all of them',
    plugins: [DISTILL(0.002), CURRICULUM, GRADCLIP, FLOWNORM, MULTISCALE, GAINLIMIT, RECOVER],
    survives: true,
  },
};

/** Those of the table, and the candidates for a cure. */
export const ALL = {...VARIANTS, ...CANDIDATES};

const DEFAULT_LIMIT = 400;

const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(a, b) {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...keys].map(key => [
      key,
      isObject(a[key]) && isObject(b[key]) ? merge(a[key], b[key]) : (b[key] ?? a[key]),
    ]),
  );
}

/** `optim.learningRate=3e-4` as an object. */
function parseSetting(text) {
  const [path, value] = text.split(/=(.*)/s);
  return path.split('.').reduceRight((inner, key) => ({[key]: inner}), JSON.parse(value));
}

/** Configuration and plugins of a variant, created for each run. */
export async function settingsOf(name, more = []) {
  const {settings = {}, plugins = [], make = [], survives = false, change, limit = DEFAULT_LIMIT} = ALL[name];
  const all = [settings, ...more.map(parseSetting)].reduce(merge, RECIPE);
  const made = await Promise.all(
    plugins.map(async ([module, factory, options]) => (await import(module))[factory](options)),
  );
  return {settings: all, plugins: [...made, ...make.map(create => create())], survives, change, limit};
}

/**
 * Which tests a mutation runs: files, and a pattern of test names where the rest would only cost
 * time.
 */
export const run = (name, ...files) => ({files, name});

const OPS = 'packages/engine/src/ops/__tests__';
const MODEL = 'packages/model/src/__tests__';
const RIFE4 = 'packages/model/src/rife4/__tests__';
const CORE = 'packages/core/src/__tests__';
const DATA = 'packages/data/src/__tests__';

/** Each op against PyTorch's numbers. */
export const opAgainstPyTorch = name => run(name, `${OPS}/reference.test.ts`);
/** Each op against finite differences, and at its kinks. */
export const opGradients = name => run(name, `${OPS}/gradients.test.ts`, `${OPS}/kinks.test.ts`);
/** Dilated, depthwise and 1x1 convolutions against PyTorch's. */
export const wideConvs = name => run(name, `${OPS}/wideConvs.test.ts`);
/** Convolutions by our own kernels against TensorFlow's. */
export const fusedConvs = name => run(name, 'packages/engine/src/capture/__tests__/fusedConv.test.ts');
export const ownKernels = name => run(name, 'packages/engine/src/capture/__tests__/ownKernels.test.ts');
/** Convolutions in bfloat16 against float32 for rounded inputs. */
export const bf16Ops = name => run(name, `${OPS}/bfloat16.test.ts`);
/** Runs with `precision: 'bf16'`. */
export const bf16Training = name => run(name, 'test/reference/bf16.test.ts');
/** Variables in files that replicas share. */
export const sharedFiles = name => run(name, 'packages/engine/src/capture/__tests__/sharedFiles.test.ts');

/** Loss terms and every parameter's gradient against PyTorch's. */
export const trainingStep = (tag = '1x64x64') => run(`training step ${tag}`, `${MODEL}/reference.test.ts`);
/** Every flow, mask and frame on the way, captured. */
export const forwardPass = (tag = '1x64x64') =>
  run(`forward pass ${tag}.*captured`, `${MODEL}/forward.test.ts`);
export const inference = name => run(name, `${MODEL}/inference.test.ts`);
export const network = name => run(name, `${MODEL}/traced.test.ts`);
export const parameters = name => run(name, `${MODEL}/model.test.ts`);
export const batchNorm = name => run(name, `${MODEL}/batchNorm.test.ts`);
/** Five stages, fusion and branches against PyTorch's numbers. */
export const additions = name => run(name, `${MODEL}/additions.test.ts`);
export const extras = name => run(name, `${MODEL}/extras.test.ts`);
/** RIFE 4.x: every block of a version, the gradients of a step, and ways of predicting. */
export const rife4Forward = version => run(`^${version} `, `${RIFE4}/forward.test.ts`);
export const rife4Step = version => run(`^${version}, eager`, `${RIFE4}/step.test.ts`);
export const rife4Terms = version => run(`^${version}, eager`, `${RIFE4}/terms.test.ts`);
/** Loss terms in the features of VGG-19 against PyTorch's numbers. */
export const perceptual = name => run(name, 'packages/model/src/features/__tests__/perceptual.test.ts');
/** Scales and times that are drawn for each step. */
export const rife4Recipe = name => run(name, `${RIFE4}/recipe.test.ts`);
export const rife4Predict = name => run(name, `${RIFE4}/predict.test.ts`);
export const imageChannels = name => run(name, `${MODEL}/imageChannels.test.ts`);

export const optimizer = name => run(name, `${CORE}/optim.test.ts`);
export const trainer = name => run(name, `${CORE}/trainer.test.ts`);
export const nonFinite = name => run(name, `${CORE}/nonFinite.test.ts`);
/** Variants of the training pass. */
export const variants = name => run(name, `${CORE}/variants.test.ts`);
export const updateGuard = name => run(name, `${CORE}/updateGuard.test.ts`);
export const tracedReturns = name => run(name, `${CORE}/tracedReturns.test.ts`);
export const predictor = name => run(name, `${CORE}/predictor.test.ts`);
/** Running statistics of the whole trainer; a small network. */
export const statistics = name => run(name, 'test/reference/batchNorm.test.ts');
/** Twenty steps of the whole trainer against PyTorch's. */
export const twentySteps = () => run('^1x64x64, captured', 'test/reference/training.test.ts');

/** Times and choice of the frames of an interpolated video. */
export const interpolatedFrames = name => run(name, 'packages/video/src/__tests__/plan.test.ts');
export const practicalRife = name => run(name, 'packages/video/src/__tests__/practicalRife.test.ts');

/** Means over replicas; replicas on fakes; runs that continue with other replicas. */
export const means = name => run(name, 'packages/parallel/src/__tests__/group.test.ts');
export const together = name => run(name, `${CORE}/replicas.test.ts`);
export const goingOn = name => run(name, `${CORE}/reshard.test.ts`);

/** Checkpoints, resumes and rollbacks. */
export const stores = name => run(name, `${CORE}/store.test.ts`);
export const stopped = name => run(name, `${CORE}/stoppedAndResumed.test.ts`);
export const rescued = name => run(name, `${CORE}/rescue.test.ts`);
/** Learning rates, and clips, of runs that continue. */
export const goesOnWith = name => run(name, `${CORE}/goingOn.test.ts`);
export const clips = name => run(name, `${CORE}/clips.test.ts`);
export const fullDisk = name => run(name, `${CORE}/fullDisk.test.ts`);
export const hostile = name => run(name, `${CORE}/hostileCheckpoint.test.ts`);
export const runFolder = name => run(name, `${CORE}/runFolder.test.ts`);
export const flight = name => run(name, `${CORE}/flight.test.ts`);
export const savedState = name => run(name, `${CORE}/savedState.test.ts`);
export const locks = name => run(name, 'packages/cli/src/owner/__tests__/lock.test.ts');
const RECOVER = 'packages/plugin-recover/src/__tests__';
export const health = name => run(name, `${RECOVER}/health.test.ts`);
export const escalation = name => run(name, `${RECOVER}/escalation.test.ts`);
export const lossDriven = name => run(name, 'packages/plugin-curriculum/src/__tests__/lossDriven.test.ts');

export const augmentation = name => run(name, `${DATA}/augment.test.ts`);
/** Batches whose second half mirrors the first. */
export const mirrored = name => run(name, `${DATA}/mirror.test.ts`);
export const sampling = name => run(name, `${DATA}/plan.test.ts`);
/** Files of packed clips, and training on them. */
export const packs = name => run(name, `${DATA}/pack.test.ts`);
/** Videos whose frames, packets and times are not one. */
export const videos = name => run(name, `${DATA}/videos.test.ts`);
/** Files that make ffmpeg open others, hang, or outlive its parent. */
export const hostileVideos = name => run(name, `${DATA}/ffmpegProcess.test.ts`);
export const layouts = name => run(name, `${DATA}/layout.test.ts`);
/** Copies of clips that are made as they are met. */
export const cachedFrames = name =>
  run(name, 'packages/data/src/loader/cache/__tests__/cachedFrames.test.ts');
export const pictures = (file, name) =>
  run(name, `packages/data/src/decode/picture/__tests__/${file}.test.ts`);
export const frameNames = name => run(name, 'packages/data/src/clips/names/__tests__/order.test.ts');
export const clipping = name => run(name, 'packages/plugin-gradclip/src/__tests__/gradClip.test.ts');
export const distillPlugin = name => run(name, 'packages/plugin-distill/src/__tests__/distill.test.ts');
export const emaPlugin = name => run(name, 'packages/plugin-ema/src/__tests__/ema.test.ts');
/** Averages of the weights that a run keeps. */
export const averages = name => run(name, `${CORE}/averages.test.ts`);
export const gainLimitPlugin = name => run(name, 'packages/plugin-gainlimit/src/__tests__/gainLimit.test.ts');
export const gains = name => run(name, 'packages/plugin-gainlimit/src/__tests__/gain.test.ts');
/** Plugins on networks of RIFE 4.x. */
export const rife4Plugins = name => run(name, 'test/conformance/rife4.test.ts');
export const multiscalePlugin = name =>
  run(name, 'packages/plugin-multiscale/src/__tests__/multiscale.test.ts');

const EVALUATE = 'packages/evaluate/src';
export const madeFrames = name => run(name, `${EVALUATE}/run/__tests__/maker.test.ts`);
export const scoredTargets = name => run(name, `${EVALUATE}/run/__tests__/score.test.ts`);
export const resultRows = name => run(name, `${EVALUATE}/run/__tests__/rows.test.ts`);
export const paddedPictures = name => run(name, `${EVALUATE}/picture/__tests__/pad.test.ts`);
export const viewsOfSets = name => run(name, `${EVALUATE}/picture/__tests__/views.test.ts`);
export const protocolTable = name => run(name, `${EVALUATE}/protocols/__tests__/table.test.ts`);
/** Metrics against the values of numpy, skimage and OpenCV. */
export const publishedMetrics = name => run(name, `${EVALUATE}/metrics/__tests__/published.test.ts`);
export const validationBest = name => run(name, `${CORE}/persistence.test.ts`);

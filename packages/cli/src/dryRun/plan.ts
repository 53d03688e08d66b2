/** The plan of a run, in numbers. */
import {
  configNotes,
  cropSides,
  drawnPerBatch,
  learningRateAt,
  type CompileReport,
  type ModelCost,
  type PassVariant,
  type PluginReport,
  type RunBytes,
  type RunReport,
  type TrainConfig,
} from '@rife-train/core';
import type {DataSurvey} from '@rife-train/data';
import {overruledWords} from '../config/gpuWords.js';

/** A step of the schedule. */
export interface ScheduleRow {
  step: number;
  learningRate: number;
  minGap: number;
  maxGap: number;
  /** Mean of the gaps, by how often each is drawn. */
  meanGap: number;
}

/** Memory of one device, in bytes. */
export interface MemoryPlan extends RunBytes {
  /** Weights, moments, gradients, frozen tensors. */
  variables: number;
  /** Micro-batches that wait on the host. */
  prefetched: number;
}

/** Checkpoints, in bytes. */
export interface CheckpointPlan {
  /** Of one, without snapshots. */
  bytes: number;
  /** Of the snapshots that plugins keep, at most: in the newest one. */
  snapshotBytes: number;
  /** Of all of them at the end; and while the last is written, before older ones are removed. */
  totalBytes: number;
  peakBytes: number;
  /** How many there will be at the end. */
  kept: number;
  /** How many are written. */
  written: number;
}

/** Settings of a GPU, and what the environment says against them. */
export interface GpuPlan {
  settings: TrainConfig['gpu'];
  overruled: string[];
}

/** All of it; `--json` prints it. */
export interface RunPlan {
  /** Path of the configuration. */
  config: string;
  engine: string;
  network: {
    name: string;
    scales: readonly number[];
    /** Variants of the training pass, where there are some. */
    variants?: readonly PassVariant[];
    parameters: number;
    cost?: ModelCost;
  };
  /** In the order in which they are applied. */
  plugins: readonly PluginReport[];
  init?: string;
  graph: CompileReport & {batch: number; crop: readonly [height: number, width: number]};
  memory: MemoryPlan;
  batch: {
    devices: number;
    launcher: TrainConfig['launcher'];
    batch: number;
    microSteps: number;
    global: number;
    /** Of those, the triplets that are drawn; the others are mirrored copies. */
    drawn: number;
  };
  data: Omit<DataSurvey, 'sharesOf'> &
    Pick<TrainConfig['data'], 'root' | 'gaps' | 'timestep'> & {
      /** Bytes of uint8 pixels that a step is fed with, over all devices. */
      fedBytesPerStep: number;
      framesPerStep: number;
    };
  /** `epochs` and `stepsPerEpoch` are absent where there are no epochs. */
  run: {steps: number; samples: number; stepsPerEpoch?: number; epochs?: number};
  schedule: ScheduleRow[];
  /**
   * Floating-point operations of the convolutions, over all devices; absent where the cost of the
   * network is not known.
   */
  work?: {flopsPerPixel: number; flopsPerStep: number; flops: number};
  /**
   * Milliseconds of a step that was timed here on one device, and of the whole run at that pace.
   */
  time?: {stepMs: number; runMs: number};
  checkpoints: CheckpointPlan;
  out: {folder: string; holdsRun: boolean};
  gpu: GpuPlan;
  notes: string[];
}

/** The parts from which a plan is made. */
export interface PlanParts {
  /** Path of the configuration. */
  path: string;
  report: RunReport;
  survey: DataSurvey;
  holdsRun: boolean;
  notes: readonly string[];
}

/** A multiply-add is two operations; the backward pass is about twice the forward pass. */
const FLOPS_PER_MAC = 2 * 3;

/** Steps at which the schedule is shown: start, middle and end of the warm-up, and of the rest. */
function shownSteps({steps, optim: {warmupSteps}}: TrainConfig): number[] {
  const inWarmUp = [0, Math.floor(warmupSteps / 2), warmupSteps];
  const afterWarmUp = [0.1, 0.25, 0.5, 0.75].map(share => Math.round(share * steps));
  const all = [...inWarmUp, ...afterWarmUp, steps - 1].filter(step => step < steps);
  return [...new Set(all)].sort((a, b) => a - b);
}

function scheduleRow(step: number, {config, policyAt}: RunReport, survey: DataSurvey): ScheduleRow {
  const policy = policyAt(step);
  const shares = survey.sharesOf(policy);
  return {
    step,
    learningRate: learningRateAt(step, config.steps, config.optim, config.devices),
    minGap: policy.minGap,
    maxGap: policy.maxGap,
    meanGap: shares.reduce((sum, share, i) => sum + share * (policy.minGap + i), 0),
  };
}

function memoryOf({bytes, config}: RunReport): MemoryPlan {
  const {batch, prefetch} = config.data;
  const [height, width] = cropSides(config.data);
  return {
    ...bytes,
    variables: bytes.weights + bytes.moments + bytes.gradients + (bytes.frozen ?? 0),
    // Those that are decoded ahead, and the one that is fed.
    prefetched: (prefetch + 1) * batch * height * width * 9,
  };
}

/** A checkpoint is written at step 0, every `saveEvery` steps, and at the end. */
function checkpointsOf({bytes: sizes, config, taps}: RunReport): CheckpointPlan {
  const {steps, saveEvery, keep, validateEvery} = config;
  const {last, every = 0} = typeof keep === 'number' ? {last: keep} : keep;
  const count = Math.floor((steps - 1) / saveEvery) + 2;
  const stepOf = (i: number) => (i === count - 1 ? steps : i * saveEvery);
  let kept = 0;
  for (let i = 0; i < count; i++)
    if (i >= count - last || (every > 0 && i > 0 && stepOf(i) % every === 0)) kept++;
  // The best by validation may be one of these, or one more.
  const best = validateEvery > 0 && kept < count ? 1 : 0;
  const bytes = sizes.weights + sizes.moments;
  const snapshots = taps.plugins.reduce((sum, {snapshotsKept}) => sum + snapshotsKept, 0);
  const all = {bytes, kept: kept + best, written: count, snapshotBytes: snapshots * bytes};
  const totalBytes = all.kept * bytes + all.snapshotBytes;
  return {...all, totalBytes, peakBytes: totalBytes + bytes + all.snapshotBytes};
}

function workOf(report: RunReport, pixels: number): Pick<RunPlan, 'work'> {
  const {cost} = report.model;
  if (!cost) return {};
  const flopsPerPixel = FLOPS_PER_MAC * cost.training.macsPerPixel;
  const flopsPerStep = flopsPerPixel * pixels;
  return {work: {flopsPerPixel, flopsPerStep, flops: flopsPerStep * report.config.steps}};
}

function runOf(steps: number, drawn: number, {epoch}: DataSurvey): RunPlan['run'] {
  const samples = steps * drawn;
  if (epoch === undefined) return {steps, samples};
  return {steps, samples, stepsPerEpoch: epoch / drawn, epochs: samples / epoch};
}

/**
 * @throws RIFE_ERR_DATA_POLICY, RIFE_ERR_DATA_GAP where a plugin asks for gaps that the clips can't
 *   serve
 */
export function planOf({path, report, survey, holdsRun, notes}: PlanParts): RunPlan {
  const {config, model, graph} = report;
  const {batch, root, gaps, timestep} = config.data;
  const {devices, launcher, steps} = config;
  const {microSteps} = config.optim;
  const crop = cropSides(config.data);
  const global = batch * devices * microSteps;
  const drawn = drawnPerBatch(config.data) * devices * microSteps;
  const pixels = global * crop[0] * crop[1];
  const {sharesOf: _, ...found} = survey;
  return {
    config: path,
    engine: report.engine,
    network: {
      name: model.name,
      scales: model.options.scales,
      ...(model.variants && {variants: model.variants}),
      parameters: report.bytes.gradients / 4,
      ...(model.cost && {cost: model.cost}),
    },
    plugins: report.taps.plugins,
    ...(report.init !== undefined && {init: report.init}),
    graph: {...graph, batch, crop},
    memory: memoryOf(report),
    batch: {devices, launcher, batch, microSteps, global, drawn},
    data: {...found, root, gaps, timestep, fedBytesPerStep: 9 * pixels, framesPerStep: 3 * drawn},
    run: runOf(steps, drawn, survey),
    schedule: shownSteps(config).map(step => scheduleRow(step, report, survey)),
    ...workOf(report, pixels),
    ...(report.stepMs !== undefined && {time: {stepMs: report.stepMs, runMs: report.stepMs * steps}}),
    checkpoints: checkpointsOf(report),
    out: {folder: config.out, holdsRun},
    gpu: {settings: config.gpu, overruled: overruledWords(config.gpu)},
    notes: [...notes, ...configNotes(config, model)],
  };
}

/** The plan of a run in words. */
import {gpuWords} from '../config/gpuWords.js';
import {duration, figure, gapRange, rate} from '../progress/format.js';
import {table} from '../weights/table.js';
import type {RunPlan} from './plan.js';

/**
 * Real steps took up to this many times the bytes of the shapes: kernels use memory too, and
 * allocators keep some. Measured by bench/memory/run.mjs.
 */
const MARGIN = 1.4;

const whole = (value: number) => Math.round(value).toLocaleString('en-US');
/** At most one decimal, and none where it is 0. */
const short = (value: number) => value.toLocaleString('en-US', {maximumFractionDigits: 1});
const plural = (count: number, word: string) => `${whole(count)} ${word}${count === 1 ? '' : 's'}`;

const scaled = (value: number, units: readonly string[], step: number): string => {
  let unit = 0;
  while (value >= step && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]!}`;
};
/** Memory, `1.9 GiB`. */
const memory = (bytes: number) => scaled(bytes, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 1024);
/** Disks and networks, `507 GB`. */
const bytes = (value: number) => scaled(value, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'], 1000);
const flops = (value: number) =>
  scaled(value, ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP', 'PFLOP', 'EFLOP', 'ZFLOP'], 1000);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const range = ([least, most]: readonly [number, number]) =>
  least === most ? whole(least) : `${whole(least)} to ${whole(most)}`;

const LABEL = 14;
/** `label     text`, further lines below the first. */
const section = (label: string, texts: readonly (string | false | undefined)[]): string[] =>
  texts
    .filter(text => typeof text === 'string')
    .map((text, i) => `${(i === 0 ? label : '').padEnd(LABEL)}${text}`);

function networkLines({network: {name, scales, variants, parameters, cost}, init}: RunPlan): string[] {
  const shares = variants?.map(variant => `${variant.name} in ${short(100 * variant.share)} %`).join(', ');
  return section('network', [
    `${name}, ${plural(scales.length, 'stage')} at scales ${scales.join(', ')}: ${whole(parameters)} parameters`,
    shares !== undefined && `variants of a step, drawn at random: ${shares}`,
    cost &&
      `${whole(cost.training.macsPerPixel)} multiply-adds a pixel forward in training, ${whole(cost.prediction.macsPerPixel)} in prediction`,
    ...(init?.split('\n') ?? []),
  ]);
}

function pluginLines({plugins}: RunPlan): string[] {
  return section(
    'plugins',
    plugins.length === 0
      ? ['none']
      : plugins.map(({name, changesPrediction, hooks}, i) => {
          const remark = changesPrediction ? ' (changes predictions)' : '';
          return `${i + 1}  ${name}${remark}: ${hooks.join(', ')}`;
        }),
  );
}

function dataLines({data, run}: RunPlan): string[] {
  const {found, clips, frames, length, height, width, triplets, gaps, timestep, epoch} = data;
  const times = timestep === 'any' ? 'gt anywhere between' : 'gt in the middle';
  return section('data', [
    found
      ? `${data.root} (${data.layout})`
      : `${data.root} does not exist: these are the numbers that X-TRAIN is known to have`,
    `${plural(clips, 'clip')} of ${range(length)} frames, ${range(height)} x ${range(width)}; ${whole(frames)} frames, ${bytes(data.pixelBytes)} as raw pixels`,
    `${whole(triplets)} triplets at ${gapRange(...gaps)}, ${times}`,
    run.stepsPerEpoch === undefined || epoch === undefined
      ? 'no epochs: each sample is drawn by itself'
      : `${whole(epoch)} samples per epoch, ${short(run.stepsPerEpoch)} steps per epoch`,
    `a step reads ${whole(data.framesPerStep)} frames and is fed ${bytes(data.fedBytesPerStep)} of them`,
  ]);
}

function runLines({batch, run, work, data, time, engine}: RunPlan): string[] {
  const {devices, microSteps, global, drawn, launcher} = batch;
  const mirrored = drawn < global ? ', half of them mirrored copies' : '';
  return [
    ...section('batch', [
      `${plural(devices, 'device')} x batch ${batch.batch} x ${plural(microSteps, 'micro-step')} = ${plural(global, 'triplet')} per update${mirrored}${devices > 1 ? ` (launcher: ${launcher})` : ''}`,
    ]),
    ...section('run', [
      `${whole(run.steps)} steps${run.epochs === undefined ? '' : `, ${short(run.epochs)} epochs`}: ${whole(run.samples)} samples, ${figure(run.samples / data.triplets)} for each triplet`,
    ]),
    ...section('work', [
      work
        ? `${flops(work.flopsPerStep)} a step (${(work.flopsPerPixel / 1e6).toFixed(2)} MFLOP a pixel, forward and backward), ${flops(work.flops)} in all; ${flops(work.flopsPerStep / devices)} a step on each device`
        : 'the cost of the network is not known',
    ]),
    ...section('time', [
      time
        ? `${seconds(time.stepMs)} a step here (${engine}; median of two, on made-up frames): ${duration(time.runMs)} for ${whole(run.steps)} steps at this pace, without previews, validation and waiting for data`
        : 'not measured; --measure runs two steps here',
    ]),
  ];
}

function graphLines({graph, engine}: RunPlan): string[] {
  const {entryNodes, batch, crop, nodes, traceMs, loadMs} = graph;
  if (!entryNodes) return section('graph', [`none: ${engine}`]);
  const entries = Object.entries(entryNodes).map(([entry, count]) => `${entry} ${whole(count)}`);
  const inEntries = Object.values(entryNodes).reduce((sum, count) => sum + count, 0);
  return section('graph', [
    `${whole(nodes)} nodes: ${[...entries, `variables ${whole(nodes - inEntries)}`].join(', ')}`,
    `captured at ${batch} x ${crop.join(' x ')} in ${seconds(traceMs)}, loaded in ${seconds(loadMs)} (${engine})`,
  ]);
}

function memoryLines({memory: m, batch: {devices}, graph}: RunPlan): string[] {
  const {step, gpuStep, variables, weights, moments, gradients, frozen} = m;
  const kinds = {weights, moments, gradients, ...(frozen !== undefined && {frozen})};
  const parts = Object.entries(kinds).map(([kind, bytes]) => `${kind} ${memory(bytes)}`);
  const total = (what: string, tensors: number) =>
    `${what}: ${memory(variables + tensors)}, allow ${memory(variables + MARGIN * tensors)}`;
  return section(`memory`, [
    `of ${devices === 1 ? 'the device' : `each of the ${devices} devices`}, at ${graph.batch} x ${graph.crop.join(' x ')}`,
    `${memory(variables)} variables: ${parts.join(', ')}`,
    step !== undefined &&
      `${total('a processor', step)} (estimate; ${memory(step)} of tensors alive at once)`,
    gpuStep !== undefined &&
      `${total('a GPU', gpuStep)} (estimate; ${memory(gpuStep)} of tensors alive at once)`,
    step !== undefined &&
      `estimates are sums of shapes; steps on a processor took 1.0 to ${MARGIN} times the tensors, no GPU was measured`,
    step === undefined && 'what a step takes is not known without a graph',
    `${memory(m.prefetched)} of host memory for batches that wait; TensorFlow itself (and CUDA) come on top`,
  ]);
}

function scheduleLines({schedule, run}: RunPlan): string[] {
  const {stepsPerEpoch} = run;
  const rows = schedule.map(({step, learningRate, minGap, maxGap, meanGap}) => [
    whole(step),
    ...(stepsPerEpoch === undefined ? [] : [short(step / stepsPerEpoch)]),
    rate(learningRate),
    gapRange(minGap, maxGap),
    short(meanGap),
  ]);
  const head = [
    'step',
    ...(stepsPerEpoch === undefined ? [] : ['epochs done']),
    'learning rate',
    'gaps',
    'mean gap',
  ];
  return section('schedule', table(head, rows));
}

function diskLines({checkpoints, out}: RunPlan): string[] {
  const {bytes: each, kept, written, snapshotBytes, totalBytes, peakBytes} = checkpoints;
  const more = snapshotBytes > 0 ? `, and ${bytes(snapshotBytes)} of snapshots in the newest` : '';
  return section('disk', [
    `${out.folder}${out.holdsRun ? ' (holds a run: train will ask for --resume or --fresh)' : ''}`,
    `${plural(kept, 'checkpoint')} of ${bytes(each)}${more}: ${bytes(totalBytes)} in the end, ${bytes(peakBytes)} while the last is written; ${whole(written)} are written, ${bytes(written * (each + snapshotBytes))}`,
  ]);
}

const gpuLines = ({gpu: {settings, overruled}}: RunPlan): string[] =>
  section('on a GPU', [gpuWords(settings), ...overruled]);

/** The printed lines. */
export function planLines(plan: RunPlan, config: string): string[] {
  return [
    `Plan of ${config}. Nothing was trained or written.`,
    '',
    ...networkLines(plan),
    ...pluginLines(plan),
    '',
    ...dataLines(plan),
    '',
    ...runLines(plan),
    ...scheduleLines(plan),
    '',
    ...graphLines(plan),
    ...gpuLines(plan),
    ...memoryLines(plan),
    ...diskLines(plan),
    ...(plan.notes.length > 0 ? ['', ...section('note', plan.notes)] : []),
  ];
}

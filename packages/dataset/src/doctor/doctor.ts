/** The data doctor: finds clips, examines them, and reports. */
import {resolve} from 'node:path';
import {
  findFfmpeg,
  hasSplit,
  resolveOptions,
  type BatchSourceOptions,
  type Clip,
  type PassedOver,
  type Split,
} from '@rife-train/data';
import {createRandom, findClips, gapShares, tripletsOfGaps, type FoundClip} from '@rife-train/data/parts';
import {messageOf} from '@rife-train/errors';
import {examineAll} from './examinePool.js';
import {finding, type Finding} from './findings.js';
import {
  countFindings,
  cutOffNotes,
  fastestClips,
  inOrder,
  motionReport,
  splitReport,
  type DataReport,
  type ExaminedClip,
  type SamplingReport,
} from './report.js';
import {whatOf} from './shrink.js';
import {measureSpeed} from './speed.js';
import {findingsTogether} from './together.js';

/** Options of the data doctor. */
export interface DoctorOptions {
  /** Folder with `train` and `val`, or with clips. */
  root: string;
  /** Frames that every clip should have. @default what at least half of them have */
  frames?: number | undefined;
  /** Number of clips to examine, drawn by `seed` from all splits. @default all */
  sample?: number | undefined;
  /** @default 1234 */
  seed?: number | undefined;
  /** Number of threads; 0: one per core. @default 0 */
  threads?: number | undefined;
  /**
   * The configuration's `data`: layout, gaps, crop, timestep, epoch, workers. Without `crop`, frame
   * sizes are not compared with it.
   */
  data?: Pick<BatchSourceOptions, 'crop' | 'epoch' | 'gaps' | 'layout' | 'timestep' | 'workers'> | undefined;
  /** Called after each clip. */
  onProgress?: ((done: number, clips: number) => void) | undefined;
}

/** The report, and the examined clips, for pictures. */
export interface Diagnosis {
  report: DataReport;
  clips: ExaminedClip[];
}

interface SplitClip {
  split: Split;
  found: FoundClip;
}

type Resolved = ReturnType<typeof resolveOptions>;

const SPLITS: readonly Split[] = ['train', 'val'];

interface Everything {
  clips: SplitClip[];
  passedOver: (PassedOver & {split: Split})[];
  /** Listed clips that do not exist. */
  missing: Finding[];
}

/** Clips of both splits; a root with neither fails as in training. */
async function findAll(root: string, layout: Resolved['layout']): Promise<Everything> {
  const there = await Promise.all(SPLITS.map(split => hasSplit(root, split, layout)));
  const splits = there.includes(true) ? SPLITS.filter((_, i) => there[i]) : SPLITS.slice(0, 1);
  const all: Everything = {clips: [], passedOver: [], missing: []};
  for (const split of splits) {
    const {found, passedOver} = await findClips(root, split, layout, (clip, error) =>
      all.missing.push({...finding('unreadable', whatOf(error)), split, clip}),
    );
    all.clips.push(...found.map(one => ({split, found: one})));
    all.passedOver.push(...passedOver.map(one => ({...one, split})));
  }
  return all;
}

/** `count` of the clips, in their order: a shuffle by the seed decides which. */
function drawClips(clips: readonly SplitClip[], count: number, seed: number): SplitClip[] {
  const random = createRandom(seed, 0, 0, 0);
  const order = [...clips.keys()];
  for (let i = 0; i < Math.min(count, order.length); i++) {
    const other = i + random.below(order.length - i);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order
    .slice(0, count)
    .sort((a, b) => a - b)
    .map(index => clips[index]!);
}

const asClip = ({found, exam: {frames, width, height}}: ExaminedClip): Clip => ({
  ...found,
  frames,
  width,
  height,
});

const WHOLE = {rank: 0, count: 1};

/**
 * Samples of an epoch. Clips that were not examined or can't be read are estimated from the others.
 * @param clips of train that can be read
 * @param count all clips of train
 */
function epochSamples({epoch, gaps, timestep}: Resolved, clips: readonly Clip[], count: number): number {
  if (epoch === 'none') return count;
  if (epoch !== 'full') return epoch;
  return Math.round((tripletsOfGaps(clips, gaps, timestep) * count) / Math.max(1, clips.length));
}

/** How often each gap would be drawn from the clips of train that can be read. */
function samplingReport(
  {root, seed, crop, timestep, gaps}: Resolved,
  clips: readonly Clip[],
): SamplingReport {
  try {
    const [minGap, maxGap] = gaps;
    const plan = {root, clips, seed, crop, timestep, augment: false, batchSize: 1, shard: WHOLE} as const;
    const shares = gapShares(plan, {minGap, maxGap}, 0);
    return {shares: shares.map((share, i) => ({gap: minGap + i, share}))};
  } catch (error) {
    return {error: messageOf(error)};
  }
}

const ownFindings = ({split, found, exam}: ExaminedClip): Finding[] =>
  exam.findings.map(one => ({...one, split, clip: found.id}));

async function sumUp(options: DoctorOptions, resolved: Resolved, all: Everything, clips: ExaminedClip[]) {
  const {gaps, timestep, workers, seed} = resolved;
  const crop = options.data?.crop === undefined ? undefined : resolved.crop;
  const wanted = {frames: options.frames, minGap: gaps[0], crop};
  const findings = inOrder([
    ...all.missing,
    ...clips.flatMap(ownFindings),
    ...findingsTogether(clips, wanted),
  ]);
  const readable = clips.filter(({split, exam}) => split === 'train' && exam.width > 0).map(asClip);
  const countOf = (split: Split) => all.clips.filter(clip => clip.split === split).length;
  const present = SPLITS.filter(split => countOf(split) > 0);
  const report: DataReport = {
    ...{format: 'rife-train/data-doctor', version: 1, root: resolved.root},
    options: {
      ...{frames: options.frames ?? null, sample: options.sample ?? null, seed, gaps, timestep},
      crop: crop ? [...crop] : null,
    },
    splits: present.map(split => splitReport(split, countOf(split), clips)),
    ...{counts: countFindings(findings), findings},
    motion: motionReport(clips),
    fastest: fastestClips(clips),
    sampling: samplingReport(resolved, readable),
    decode: await measureSpeed(
      readable,
      gaps[1],
      workers,
      epochSamples(resolved, readable, countOf('train')),
    ),
    passedOver: all.passedOver,
    notes: cutOffNotes(clips),
  };
  return report;
}

/**
 * Examines all clips below a root, or a sample; each is decoded once. Faults of a clip become
 * findings and do not stop the examination.
 * @throws RIFE_ERR_DATA_OPTION, _CROP, _ROOT, _SPLIT, _EMPTY, _FILE (a folder), _FFMPEG,
 * _WORKER_FILE
 */
export async function examineData(options: DoctorOptions): Promise<Diagnosis> {
  const root = resolve(options.root);
  const resolved = resolveOptions({...options.data, root, seed: options.seed ?? 1234});
  const all = await findAll(root, resolved.layout);
  const chosen =
    options.sample === undefined ? all.clips : drawClips(all.clips, options.sample, resolved.seed);
  if (chosen.some(({found}) => found.kind === 'video')) await findFfmpeg();
  const found = chosen.map(clip => clip.found);
  const exams = await examineAll(found, options.threads ?? 0, done =>
    options.onProgress?.(done, found.length),
  );
  const clips = chosen.map((clip, i): ExaminedClip => ({...clip, exam: exams[i]!}));
  return {report: await sumUp(options, resolved, all, clips), clips};
}

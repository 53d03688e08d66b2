/** One measurement of a scaling table: a short run of the real command line, and its metrics. */
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {median} from '../lib/numbers.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLIPS = join(ROOT, 'examples/quickstart/clips');

const configOf = ({batch, crop, steps, root}) => ({
  data: {root, crop, batch, gaps: [1, 8]},
  optim: {warmupSteps: 2},
  ...{steps, previewEvery: 0, saveEvery: 100_000, out: 'run'},
});

function trainIn(folder, {replicas, launcher, timeoutMs}) {
  const args = ['train', '--devices', String(replicas), '--launcher', launcher];
  const child = spawn(process.execPath, [join(ROOT, 'packages/cli/bin/rife-train.js'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: timeoutMs,
    env: {TF_CPP_MIN_LOG_LEVEL: '3', ...process.env},
  });
  let text = '';
  child.stderr.on('data', chunk => (text += chunk));
  return new Promise((resolve, reject) =>
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`exit ${code ?? signal}: ${text.slice(-600)}`)),
    ),
  );
}

/** Medians over the steps after the warm-up. @param lines records of metrics.jsonl */
export function partsOf(lines, {replicas, batch, warmup}) {
  const steps = lines.filter(line => 'stepMs' in line).slice(warmup);
  const of = pick => median(steps.map(pick));
  const log = name => of(({logs}) => logs[`parallel/${name}`] ?? 0);
  const [stepMs, dataMs] = [of(line => line.stepMs), of(line => line.dataMs)];
  const [reduceMs, waitMs] = [log('reduceMs'), log('waitMs')];
  return {
    ...{replicas, batch, stepMs, dataMs, reduceMs, waitMs},
    // Forward, backward, update; and until the slowest has its numbers.
    computeMs: stepMs - dataMs - reduceMs - waitMs,
    imagesPerSecond: (1000 * replicas * batch) / stepMs,
    peakMiB: replicas > 1 ? Math.max(...steps.map(({logs}) => logs['parallel/peakMiB'])) : undefined,
  };
}

/**
 * Trains `warmup + steps` steps on `replicas` replicas of `batch` triplets.
 * @param root clips; those of the quickstart without it
 * @param timeoutMs after which the run is stopped. @default never
 */
export async function measureCell({
  replicas,
  batch,
  crop,
  steps,
  warmup,
  launcher,
  timeoutMs = 0,
  root = CLIPS,
}) {
  const folder = mkdtempSync(join(tmpdir(), 'rife-scaling-'));
  try {
    const config = configOf({batch, crop, steps: warmup + steps, root});
    writeFileSync(join(folder, 'rife.config.mjs'), `export default ${JSON.stringify(config)};\n`);
    await trainIn(folder, {replicas, launcher, timeoutMs});
    const lines = readFileSync(join(folder, 'run/metrics.jsonl'), 'utf8').trim().split('\n');
    return partsOf(
      lines.map(line => JSON.parse(line)),
      {replicas, batch, warmup},
    );
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

const percent = share => `${(100 * share).toFixed(1)} %`;

/** Cells of a row; efficiency is images a second to `ideal` times those of the first one. */
function rowOf(cell, first, ideal) {
  const {replicas, batch, stepMs, imagesPerSecond, dataMs, computeMs, reduceMs, waitMs, peakMiB} = cell;
  return [
    `${replicas} x ${batch}`,
    stepMs.toFixed(0),
    imagesPerSecond.toFixed(2),
    percent(imagesPerSecond / (first.imagesPerSecond * ideal(replicas))),
    ...[dataMs, computeMs, reduceMs, waitMs].map(ms => percent(ms / stepMs)),
    peakMiB === undefined ? '' : (peakMiB / 1024).toFixed(2),
  ];
}

const HEAD = [
  'replicas x batch',
  'ms a step',
  'images/s',
  'efficiency',
  'data',
  'step',
  'mean gradient',
  'waiting in it',
  'peak GiB a process',
];

/**
 * @param cells of {@link measureCell}, the one of one replica first
 * @param more {head, of(cell, i)}: additional columns
 */
export function scalingTable(cells, ideal, more = {head: [], of: () => []}) {
  const head = [...HEAD, ...more.head];
  const rows = cells.map((cell, i) => [...rowOf(cell, cells[0], ideal), ...more.of(cell, i)]);
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
}

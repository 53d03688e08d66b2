/** 1 to n GPUs: ours by the real command line, and PyTorch's DistributedDataParallel, in turns. */
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {flags, orError, runJson} from '../lib/process.mjs';
import {measureCell, scalingTable} from '../parallel/cell.mjs';
import {unpackClips} from '../stability/unpack.mjs';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));

const clips = () => unpackClips(path('../stability/clips'), join(tmpdir(), 'rife-bench-gpu'));

function ddp(torch, {crop, batch, steps, warmup}, world, isCpu, timeoutMs) {
  if (torch.missing) return Promise.resolve({error: torch.missing});
  const options = flags({world, crop, batch, steps, warmup});
  return runJson(torch.python, [path('ddp.py'), ...options, ...(isCpu ? ['--cpu'] : [])], {}, timeoutMs);
}

/**
 * PyTorch's side trains on random batches in memory: it decodes nothing, so ours must hide its
 * decoding.
 * @param counts of replicas
 * @param root clips; those of bench/stability, unpacked, by default
 */
export async function replicaTimes({counts, root = clips(), torch, isCpu, remainingMs, ...settings}) {
  const rows = [];
  for (const replicas of counts) {
    const cell = {...settings, root, replicas, launcher: 'process'};
    const ours = await orError(() => measureCell({...cell, timeoutMs: remainingMs()}));
    const theirs = await orError(() => ddp(torch, settings, replicas, isCpu, remainingMs()));
    rows.push({replicas, ours, theirs});
  }
  return rows;
}

const ddpColumns = rows => ({
  head: ['DDP ms', 'DDP images/s', 'ours / DDP'],
  of(cell, i) {
    const {stepMs, imagesPerSecond, error} = rows[i].theirs;
    if (error) return ['-', '-', '-'];
    const ratio = cell.imagesPerSecond / imagesPerSecond;
    return [stepMs.toFixed(0), imagesPerSecond.toFixed(2), ratio.toFixed(2)];
  },
});

/** Markdown. @param isCpu replicas share the cores, so that n of them are ideally as fast as one */
export function replicasTable(rows, isCpu) {
  const good = rows.filter(({ours}) => !ours.error);
  if (good.length === 0) return `failed: ${rows[0]?.ours.error}`;
  const ideal = isCpu ? () => 1 : count => count;
  return scalingTable(
    good.map(({ours}) => ours),
    ideal,
    ddpColumns(good),
  );
}

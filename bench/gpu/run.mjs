/**
 * 1 to n GPUs of this machine: ours by the real command line, and PyTorch's DistributedDataParallel
 * on the same network, in one run and in turns.
 *
 *     RIFE_TWIN_PYTHON=python3 node bench/gpu/run.mjs [--crop 512] [--batch 8] [--steps 20]
 *         [--warmup 5] [--root CLIPS] [--cpu]
 *
 * `--batch` is that of each GPU, `--root` clips of at least the crop's size (those of
 * bench/stability, unpacked, by default). `--cpu` runs the same on the processor, small, to see
 * that it works. PyTorch's side trains on random batches in memory: it decodes nothing, so
 * ours must hide its decoding.
 */
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {machineFacts} from '../lib/machine.mjs';
import {fail, wholeNumber} from '../lib/numbers.mjs';
import {runJson} from '../lib/process.mjs';
import {findTorch} from '../lib/python.mjs';
import {measureCell, scalingTable} from '../parallel/cell.mjs';
import {unpackClips} from '../stability/unpack.mjs';

const {values} = parseArgs({
  options: {
    crop: {type: 'string'},
    batch: {type: 'string'},
    steps: {type: 'string'},
    warmup: {type: 'string', default: '5'},
    root: {type: 'string'},
    cpu: {type: 'boolean', default: false},
    out: {type: 'string', default: fileURLToPath(new URL('../results/gpu.json', import.meta.url))},
  },
});

/** GPUs that the driver names. */
function gpus() {
  const {status, stdout} = spawnSync('nvidia-smi', ['-L'], {encoding: 'utf8'});
  return status === 0
    ? stdout
        .trim()
        .split('\n')
        .filter(line => /^GPU \d/.test(line))
    : [];
}

function settingsOf(found) {
  const small = values.cpu ? {crop: '64', batch: '1', steps: '4'} : {crop: '512', batch: '8', steps: '20'};
  const number = (name, least) => wholeNumber(name, values[name] ?? small[name], least);
  return {
    ...{
      crop: number('crop', 64),
      batch: number('batch'),
      steps: number('steps'),
      warmup: number('warmup', 0),
    },
    counts: values.cpu ? [1, 2] : [1, 2, 4, 8].filter(count => count <= found.length),
  };
}

const ddp = (torch, {crop, batch, steps, warmup}, count) =>
  torch.missing
    ? Promise.resolve({error: torch.missing})
    : runJson(torch.python, [
        fileURLToPath(new URL('ddp.py', import.meta.url)),
        ...['--world', count, '--crop', crop, '--batch', batch, '--steps', steps, '--warmup', warmup].map(
          String,
        ),
        ...(values.cpu ? ['--cpu'] : []),
      ]);

async function main() {
  const found = gpus();
  if (found.length === 0 && !values.cpu)
    throw new Error(
      'nvidia-smi -L names no GPU here. With --cpu the same runs on the processor, small, to see that it works.',
    );
  const machine = {...machineFacts(), gpus: values.cpu ? [] : found};
  const settings = settingsOf(found);
  const root =
    values.root ??
    unpackClips(
      fileURLToPath(new URL('../stability/clips', import.meta.url)),
      join(tmpdir(), 'rife-bench-gpu'),
    );
  const torch = findTorch();
  const [ours, theirs] = [[], []];
  for (const replicas of settings.counts) {
    ours.push(await measureCell({...settings, root, replicas, launcher: 'process'}));
    theirs.push(await ddp(torch, settings, replicas));
  }
  const ideal = values.cpu ? () => 1 : count => count;
  const ddpColumns = {
    head: ['DDP ms', 'DDP images/s', 'ours / DDP'],
    of(cell, i) {
      const {stepMs, imagesPerSecond, error} = theirs[i];
      if (error) return ['-', '-', '-'];
      return [
        stepMs.toFixed(0),
        imagesPerSecond.toFixed(2),
        (cell.imagesPerSecond / imagesPerSecond).toFixed(2),
      ];
    },
  };
  console.log(
    values.cpu
      ? 'On the processor, to see that it works; these numbers say nothing about GPUs.'
      : found.join('\n'),
  );
  console.log(scalingTable(ours, ideal, ddpColumns));
  for (const {error} of theirs.slice(0, 1)) if (error) console.log(`PyTorch: ${error}`);
  writeFileSync(values.out, `${JSON.stringify({machine, settings, ours, theirs}, null, 2)}\n`);
}

main().catch(fail);

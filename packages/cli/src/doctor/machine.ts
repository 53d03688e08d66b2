import {statfs} from 'node:fs/promises';
import {availableParallelism, cpus, freemem, totalmem} from 'node:os';
import {messageOf} from '@rife-train/errors';
import type {Finding} from './finding.js';

const GIB = 2 ** 30;
const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;

/** Peak memory of a run at the default crop and batch, on a CPU. */
const RUN_BYTES = 2.2 * GIB;
/** The engine takes 1 GiB on disk, a checkpoint 130 MB. */
const DISK_BYTES = 2 * GIB;

/** Which Node runs this; `bin/rife-train.js` refuses the others before anything is loaded. */
export const nodeFinding = (version = process.version): Finding => ({
  verdict: 'ok',
  name: 'node',
  text: `${version} on ${process.platform} ${process.arch}`,
});

/** Cores and memory. */
export function resourcesFinding(
  cores = availableParallelism(),
  free = freemem(),
  total = totalmem(),
): Finding {
  const enough = free >= RUN_BYTES;
  return {
    verdict: enough ? 'ok' : 'note',
    name: 'machine',
    text: `${cores} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${gib(free)} of ${gib(total)} memory free`,
    ...(enough
      ? {}
      : {
          details: [`A run at crop 224, batch 4 takes about ${gib(RUN_BYTES)}; use a smaller crop or batch.`],
        }),
  };
}

/** Free space of the disk that holds a folder. */
export async function diskFinding(folder: string, freeBytes = freeDisk): Promise<Finding> {
  try {
    const free = await freeBytes(folder);
    const enough = free >= DISK_BYTES;
    return {
      verdict: enough ? 'ok' : 'note',
      name: 'disk',
      text: `${gib(free)} free in ${folder}`,
      ...(enough
        ? {}
        : {details: ['Engine and checkpoints take up to 2 GiB; free some, or choose another "out".']}),
    };
  } catch (error) {
    return {verdict: 'note', name: 'disk', text: `free space of ${folder} is not known: ${messageOf(error)}`};
  }
}

async function freeDisk(folder: string): Promise<number> {
  const {bavail, bsize} = await statfs(folder);
  return bavail * bsize;
}

/** Chooses the device of each replica, and the environment that it needs. */
import {execFileSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import {tooFewDevices} from '@rife-train/errors';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Runs `nvidia-smi -L`, or reads the driver's folder, and counts; 0 where there is neither.
 * Injectable for tests.
 */
export interface GpuProbe {
  /** @returns output of `nvidia-smi -L` @throws if there is none */
  list(): string;
  /** @returns names in /proc/driver/nvidia/gpus @throws if there is none */
  driver(): string[];
}

const PROBE: GpuProbe = {
  list: () =>
    execFileSync('nvidia-smi', ['-L'], {
      encoding: 'utf8',
      timeout: 20_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  driver: () => readdirSync('/proc/driver/nvidia/gpus'),
};

function countGpus(probe: GpuProbe): number {
  try {
    return probe.list().match(/^GPU \d+:/gm)?.length ?? 0;
  } catch {
    try {
      return probe.driver().length;
    } catch {
      return 0;
    }
  }
}

/**
 * GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them. No native code is loaded. As
 * in CUDA, a list ends at its first entry that is not a GPU.
 */
export function visibleGpus(env: Env = process.env, probe = PROBE): string[] {
  const listed = env['CUDA_VISIBLE_DEVICES'];
  if (listed?.trim() === '') return [];
  const count = countGpus(probe);
  if (listed === undefined || count === 0) return Array.from({length: count}, (_, i) => String(i));
  const ids = listed.split(',').map(id => id.trim());
  const end = ids.findIndex(id => !/^(GPU|MIG)-/.test(id) && !(/^\d+$/.test(id) && Number(id) < count));
  return end < 0 ? ids : ids.slice(0, end);
}

/**
 * Devices of the replicas: `auto`: one visible GPU each, the CPU where there is none; `cpu`: the
 * CPU for all; or ids of GPUs as in CUDA_VISIBLE_DEVICES.
 */
export type Devices = 'auto' | 'cpu' | readonly string[];

export interface Assignment {
  /** TensorFlow device for `createEngine`; '': TensorFlow decides. */
  device: string;
  /**
   * Variables of the replica's process, beside those of this one. Threads have none of their own.
   */
  env: Record<string, string>;
}

export interface AssignRequest {
  count: number;
  /** Whether each replica has a process of its own. */
  ownProcess: boolean;
  devices: Devices;
  env?: Env;
  cores?: number;
}

/**
 * One entry per replica, by rank.
 * @throws RIFE_ERR_PARALLEL_DEVICES when there are GPUs, but too few
 */
export function assignDevices({
  count,
  ownProcess,
  devices,
  env = process.env,
  cores = availableParallelism(),
}: AssignRequest): Assignment[] {
  const gpus = devices === 'auto' ? visibleGpus(env) : devices === 'cpu' ? [] : devices;
  if (gpus.length > 0 && gpus.length < count) throw tooFewDevices(count, gpus.length);
  const threads = String(Math.max(1, Math.floor(cores / count)));
  return Array.from({length: count}, (_, rank) => ({
    device: deviceOf(rank, ownProcess, devices, gpus),
    env: {
      TF_NUM_INTRAOP_THREADS: env['TF_NUM_INTRAOP_THREADS'] ?? threads,
      TF_NUM_INTEROP_THREADS: env['TF_NUM_INTEROP_THREADS'] ?? threads,
      ...(gpus.length > 0 && {CUDA_VISIBLE_DEVICES: gpus[rank]!}),
      // None at all: even looking at a GPU takes some of its memory.
      ...(devices === 'cpu' && {CUDA_VISIBLE_DEVICES: ''}),
    },
  }));
}

function deviceOf(rank: number, ownProcess: boolean, devices: Devices, gpus: readonly string[]): string {
  if (ownProcess) return '';
  if (gpus.length > 0) return `/device:GPU:${rank}`;
  return devices === 'cpu' ? '/device:CPU:0' : '';
}

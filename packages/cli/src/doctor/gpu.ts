import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {type GpuConfig, resolveConfig} from '@rife-train/core';
import {visibleGpus} from '@rife-train/parallel';
import {gpuWords, overruledWords} from '../config/gpuWords.js';
import {loadConfig} from '../config/loadConfig.js';
import type {Finding} from './finding.js';

/** Of CUDA 12, which TensorFlow's wheels are built for (NVIDIA, CUDA release notes). */
const OLDEST_DRIVER = 525;

/** A line for each GPU. @throws where there is no driver */
async function askDriver(): Promise<string> {
  const query = ['--query-gpu=index,name,memory.total,compute_cap,driver_version', '--format=csv,noheader'];
  return (await promisify(execFile)('nvidia-smi', query, {timeout: 20_000})).stdout;
}

/** The section `gpu` of the configuration; its defaults where there is none, or a wrong one. */
async function settingsOf(cwd: string, named?: string): Promise<GpuConfig> {
  const byDefault = {data: {root: '.'}, steps: 1};
  const user = await loadConfig(cwd, named).catch(() => undefined);
  try {
    return resolveConfig(user?.config ?? byDefault).gpu;
  } catch {
    return resolveConfig(byDefault).gpu;
  }
}

interface Asked {
  cwd: string;
  config?: string | undefined;
  /** @default nvidia-smi */
  ask?: () => Promise<string>;
  /** @default of this process */
  env?: NodeJS.ProcessEnv;
}

/** Which GPUs does the driver have, which of them does a run see, and with which settings? */
export async function gpuFinding({cwd, config, ask = askDriver, env = process.env}: Asked): Promise<Finding> {
  const settings = await settingsOf(cwd, config);
  const output = await ask().catch(() => '');
  const gpus = output
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => line.split(',').map(field => field.trim()));
  if (gpus.length === 0)
    return {verdict: 'ok', name: 'gpu', text: 'none that nvidia-smi knows: training runs on the processor'};
  const visible = visibleGpus(env, {
    list: () => gpus.map((_, i) => `GPU ${i}:`).join('\n'),
    driver: () => [],
  });
  const driver = gpus[0]![4] ?? '';
  const isOld = Number.parseInt(driver) < OLDEST_DRIVER;
  return {
    verdict: isOld || visible.length === 0 ? 'note' : 'ok',
    name: 'gpu',
    text: `${gpus.length}, driver ${driver}; a run sees ${visible.length === 0 ? 'none' : visible.join(', ')}`,
    details: [
      ...gpus.map(
        ([index, name, memory, capability]) =>
          `${index}  ${name}, ${memory}, compute capability ${capability}`,
      ),
      `settings: ${gpuWords(settings)}`,
      ...overruledWords(settings, env),
      ...(isOld ? [`TensorFlow needs driver ${OLDEST_DRIVER} or newer.`] : []),
    ],
  };
}

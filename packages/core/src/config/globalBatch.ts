import {configValue} from '@rife-train/errors';
import type {TrainConfig} from '../contract/index.js';
import {MOST_MICRO_STEPS} from './optimSchema.js';

/**
 * Micro-steps of a step: what `optim.microSteps` says, or what `optim.globalBatch` needs on so many
 * devices.
 * @throws RIFE_ERR_CONFIG_VALUE where the global batch is no multiple of what the devices do at a
 * time
 */
export function microStepsFor({
  data,
  optim,
  devices,
}: {
  data: Pick<TrainConfig['data'], 'batch'>;
  optim: Pick<TrainConfig['optim'], 'globalBatch' | 'microSteps'>;
  devices: number;
}): number {
  const {globalBatch, microSteps} = optim;
  if (globalBatch === 0) return microSteps;
  const atOnce = data.batch * devices;
  if (globalBatch > atOnce * MOST_MICRO_STEPS)
    throw configValue(
      'optim.globalBatch',
      globalBatch,
      `at most ${MOST_MICRO_STEPS} x data.batch x devices (${MOST_MICRO_STEPS} x ${data.batch} x ${devices})`,
    );
  if (globalBatch % atOnce === 0) return globalBatch / atOnce;
  const below = Math.floor(globalBatch / atOnce) * atOnce;
  const fitting = [below, below + atOnce].filter(size => size > 0);
  throw configValue(
    'optim.globalBatch',
    globalBatch,
    `a multiple of data.batch x devices (${data.batch} x ${devices}), such as ${fitting.join(' or ')}`,
  );
}

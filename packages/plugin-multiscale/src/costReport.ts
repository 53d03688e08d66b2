/** Text about how the plugin changes the network's cost. */
import type {ModelCost} from '@rife-train/core';

const count = (x: number) => Math.round(x).toLocaleString('en-US');
const percent = (more: number) => `${more < 0 ? '' : '+'}${(100 * more).toFixed(1)} %`;
const compared = (now: number, before: number) =>
  `${count(now)} (${percent(now / before - 1)}, ${count(before)} without this plugin)`;

/**
 * Parameters, and multiply-adds of the convolutions per pixel of the images, compared with the
 * network without the plugin.
 */
export const costReport = (before: ModelCost, now: ModelCost): string[] => [
  `parameters: ${compared(now.training.parameters, before.training.parameters)}`,
  `multiply-adds per pixel, forward: training ${compared(now.training.macsPerPixel, before.training.macsPerPixel)}; ` +
    `prediction ${compared(now.prediction.macsPerPixel, before.prediction.macsPerPixel)}`,
];

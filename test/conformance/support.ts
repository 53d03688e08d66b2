/** The official plugins, each with options under which it has an effect within a few steps. */
import type {RifePlugin} from '@rife-train/core';
import {conformance, type CheckName, type TinyConfig} from '@rife-train/testing';
import {curriculum} from '@rife-train/plugin-curriculum';
import {distill} from '@rife-train/plugin-distill';
import {ema} from '@rife-train/plugin-ema';
import {flowNorm} from '@rife-train/plugin-flownorm';
import {gainLimit} from '@rife-train/plugin-gainlimit';
import {gradClip} from '@rife-train/plugin-gradclip';
import {multiscale} from '@rife-train/plugin-multiscale';
import {recover} from '@rife-train/plugin-recover';

export const PLUGINS: Readonly<Record<string, () => RifePlugin>> = {
  distill: () =>
    distill({schedule: {from: 0.02, to: 0.005, shape: 'cosine'}, adapt: {flow: 0.5}, margin: 0.001}),
  curriculum: () =>
    curriculum({
      lossDriven: {
        ranges: [
          [1, 1],
          [1, 2],
          [2, 4],
        ],
        window: 2,
        maxSteps: 1,
      },
      rehearsal: {share: 0.3, gaps: [1, 1]},
      lossWeights: {mode: 'inverse', minSamples: 1},
      memory: 3,
    }),
  gradclip: () => gradClip({mode: 'zclip', warmupSteps: 2, warmupMaxNorm: 0.1, threshold: 0.5}),
  flownorm: () => flowNorm({normalize: {by: 'running', limit: 0.05, over: 2}, bound: {pixels: 2}}),
  gainlimit: () => gainLimit({change: 0.005, limit: 0.2, layers: /weight$/}),
  recover: () => recover({every: 2, probation: 1}),
  ema: () => ema({decay: 0.5, warmup: true}),
  multiscale: () => multiscale({stages: [8], widths: [4], fusion: true, receptiveField: 'dilated'}),
};

export const NAMES = Object.keys(PLUGINS);

/** Every two of them. */
export const PAIRS = NAMES.flatMap((a, i) => NAMES.slice(i + 1).map(b => [a, b] as const));

/** New plugins of these names. */
export const pluginsOf = (names: readonly string[]): RifePlugin[] => names.map(name => PLUGINS[name]!());

/**
 * Each plugin's own tests run the whole kit. The checks that are left out here follow from the
 * rest, or concern only the factories.
 */
export const PAIR_CHECKS: CheckName[] = [
  'captured equals eager',
  'resumes exactly',
  'a rollback restores its state',
  'keeps NaN visible in the gradients',
];

/** Two blocks, and a third that multiscale puts in front: each takes time. */
export const CONFIG: TinyConfig = {model: {name: 'Tiny', scales: [2, 1], widths: [5, 4]}};

/** Pairs together meet the requirements of each of them. */
export function pairsHold(pairs: readonly (readonly [string, string])[]): void {
  for (const names of pairs)
    conformance(() => pluginsOf(names), {name: names.join(' and '), only: PAIR_CHECKS, config: CONFIG});
}

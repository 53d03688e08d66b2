/** Candidates for a cure, and the opposite: each changes only what its name says. */
import {INNER} from '@rife-train/plugin-gainlimit';
import {amplified, flowStep, muon, rmsClip, slopesWithin, spectralClip} from './cures.mjs';

const gainLimit = options => [['@rife-train/plugin-gainlimit', 'gainLimit', options]];
const LOW_RATE = {optim: {learningRate: 1e-4}};

/** A variant for each value. */
const sweep = (name, values, variantOf) =>
  Object.fromEntries(values.map(value => [`${name} ${value}`, variantOf(value)]));

export const CANDIDATES = {
  ...sweep('cap', [1.25, 2, 3, 5, 8, 16], limit => ({
    about: `no inner layer may amplify more than ${limit} times`,
    plugins: gainLimit({change: false, limit}),
  })),
  ...sweep('change', [0.005, 0.01, 0.02, 0.05, 0.1], change => ({
    about: `an update changes the gain of a convolution by at most ${change} of it`,
    plugins: gainLimit({change}),
  })),
  ...sweep('change of blocks', [0.02, 0.05], change => ({
    about: `the same for the inner layers of the blocks alone, at ${change}`,
    plugins: gainLimit({change, layers: INNER}),
  })),
  ...sweep('flow step', [0.5, 1, 2], px => ({
    about: `an update moves a block's flow of plain images by at most ${px} px`,
    make: [flowStep(px)],
  })),
  ...sweep('rms', [0.25, 0.5, 1], limit => ({
    about: `root mean square of a tensor's update at most ${limit} learning rates`,
    make: [rmsClip(limit)],
  })),
  ...sweep('spectra', [10, 30], c => ({
    about: `singular values of an inner layer's update at most ${c} learning rates (SPECTRA)`,
    make: [spectralClip(c)],
  })),
  'slopes 0.25': {about: 'PReLU slopes of the blocks within 0 and 0.25', make: [slopesWithin(0.25)]},
  ...sweep('beta2', [0.95, 0.99], beta2 => ({
    about: `Adam's second moment remembers ${Math.round(1 / (1 - beta2))} steps`,
    settings: {optim: {betas: [0.9, beta2]}},
  })),
  muon: {about: 'Muon on the inner layers', ...muon()},
  ...sweep('amplified', [3, 10], factor => ({
    about: `rate 1e-4; the largest direction of an inner layer's update taken ${factor} times`,
    settings: LOW_RATE,
    make: [amplified(factor)],
  })),
  ...sweep('amplified aside', [3, 10], factor => ({
    about: `rate 1e-4; ${factor - 1} times that size added in a random direction of each step`,
    settings: LOW_RATE,
    make: [amplified(factor, true)],
  })),
};

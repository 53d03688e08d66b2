/**
 * One run on the demo clips, scored on the held-back ones. Prints one line of JSON.
 *
 *     node bench/precision/train.mjs --variant bf16 --steps 2000 --seed 1
 */
import '../../scripts/freshDist.mjs';
import {parseArgs} from 'node:util';
import {trainOnDemo} from '../lib/demo.mjs';
import {VARIANTS} from './variants.mjs';

const {values: args} = parseArgs({
  options: {
    variant: {type: 'string', default: 'fp32'},
    steps: {type: 'string', default: '2000'},
    seed: {type: 'string', default: '1'},
    crop: {type: 'string', default: '128'},
    batch: {type: 'string', default: '2'},
  },
});

/** Sixteen frames of a clip, so that no single one decides. */
const centresOf = ({frames}) => Array.from({length: 16}, (_, i) => 8 + Math.floor((i * (frames - 17)) / 15));
/** Steps that one point of the recorded curve is the mean of. */
const WINDOW = 100;

const [steps, seed] = [Number(args.steps), Number(args.seed)];
const {curve, ...result} = await trainOnDemo({
  ...{steps, seed, crop: Number(args.crop), batch: Number(args.batch), centresOf},
  optim: {learningRate: 3e-4, finalLearningRate: 3e-6, warmupSteps: 200},
  engine: VARIANTS[args.variant].engine,
});
const means = Array.from({length: Math.ceil(steps / WINDOW)}, (_, i) => {
  const part = curve.slice(i * WINDOW, (i + 1) * WINDOW).map(({reconstruction}) => reconstruction);
  return Number((part.reduce((a, b) => a + b) / part.length).toPrecision(6));
});
console.log(JSON.stringify({variant: args.variant, steps, seed, ...result, reconstruction: means}));

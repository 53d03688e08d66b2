/**
 * Trains one variant on the demo clips and scores it on clips that were not trained on. Prints one
 * line of JSON.
 *
 *     node bench/plugins/train.mjs --variant gradclip --steps 500 --seed 1234
 */
import {parseArgs} from 'node:util';
import {trainOnDemo} from '../lib/demo.mjs';
import {pluginsOf} from './variants.mjs';

const {values: args} = parseArgs({
  options: {
    variant: {type: 'string', default: 'none'},
    steps: {type: 'string', default: '500'},
    seed: {type: 'string', default: '1234'},
    crop: {type: 'string', default: '128'},
    batch: {type: 'string', default: '2'},
    rate: {type: 'string', default: '3e-4'},
  },
});

const {variant} = args;
const [steps, seed, rate] = [args.steps, args.seed, args.rate].map(Number);
const result = await trainOnDemo({
  ...{steps, seed, crop: Number(args.crop), batch: Number(args.batch)},
  optim: {learningRate: rate, finalLearningRate: rate / 10, warmupSteps: 50},
  plugins: await pluginsOf(variant),
});
console.log(JSON.stringify({variant, steps, seed, ...result}));

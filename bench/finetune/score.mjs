/**
 * Does fine-tuning help? PSNR of the middle frame on the held-back clips of a folder, by gap: the
 * mean of the two inputs, OpenCV's DIS flow, and each network. With --middlebury (the
 * folder of its set "other", with other-data and other-gt-interp), also on pairs of another kind:
 * does the network forget?
 *
 *     node bench/finetune/score.mjs --weights rife-4.0=<file> --weights tuned=<file>
 *         [--gaps 1,2,4,8] [--clips examples/quickstart/clips] [--middlebury <folder>]
 *         [--per-gap 8] [--python <python>] [--out results.json]
 *
 * DIS needs a Python with opencv-python-headless and numpy (PyPI); without --python it is left out,
 * and the table says so.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {openPredictor} from '@rife-train/core';
import {readPicture, readTriplet, scanClips} from '@rife-train/data';
import {createEngine} from '@rife-train/engine';
import {createModel} from '@rife-train/model';
import {deduceOptions, matchWeights, readWeights, stripPrefix} from '@rife-train/model/weights';

const {values: args} = parseArgs({
  options: {
    weights: {type: 'string', multiple: true, default: []},
    clips: {type: 'string', default: 'examples/quickstart/clips'},
    gaps: {type: 'string', default: '1,2,4,8'},
    'per-gap': {type: 'string', default: '8'},
    middlebury: {type: 'string'},
    python: {type: 'string'},
    out: {type: 'string'},
  },
});

const psnr = (a, b) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return -10 * Math.log10(sum / a.length / 255 ** 2);
};
const mean = list => list.reduce((sum, value) => sum + value, 0) / list.length;

/** Frames of a triplet, [H,W,3] BGR bytes each. */
function split({images, height, width}) {
  const part = first =>
    Uint8Array.from({length: 3 * height * width}, (_, i) => images[9 * ((i / 3) | 0) + first + (i % 3)]);
  return {height, width, img0: part(0), img1: part(3), gt: part(6)};
}

/** Evenly spread triplets of each gap. */
async function tripletsOf(clips, gap, count) {
  const triplets = [];
  for (const clip of clips)
    for (let i = 0; i < count; i++) {
      const gt = gap + Math.round(((i + 0.5) / count) * (clip.frames - 1 - 2 * gap));
      triplets.push(split(await readTriplet(clip, {gap, gt})));
    }
  return triplets;
}

const bgr = ({rgb}) => rgb.map((_, i) => rgb[i - (i % 3) + 2 - (i % 3)]);

/** The pairs of Middlebury's set "other" that have a frame between. */
async function pairsIn(folder) {
  const [data, between] = [join(folder, 'other-data'), join(folder, 'other-gt-interp')];
  const names = readdirSync(between).filter(name => existsSync(join(data, name, 'frame11.png')));
  return Promise.all(
    names.map(async name => {
      const read = path => readPicture(name, path);
      const gt = await read(join(between, name, 'frame10i11.png'));
      const [img0, img1] = [
        await read(join(data, name, 'frame10.png')),
        await read(join(data, name, 'frame11.png')),
      ];
      return {height: gt.height, width: gt.width, img0: bgr(img0), gt: bgr(gt), img1: bgr(img1)};
    }),
  );
}

async function loadNetwork(file) {
  const {tensors} = stripPrefix((await readWeights(file)).tensors);
  const model = createModel(deduceOptions(tensors));
  const specs = [...model.parameters, ...(model.buffers ?? [])];
  const {loaded} = matchWeights(specs, tensors);
  const weights = new Map(
    specs.map(({name, shape}) => {
      const found = loaded.get(name);
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, found ? model.fromFile(name, found) : new Float32Array(size)];
    }),
  );
  return openPredictor({engine: () => createEngine({}), model, weights});
}

/** DIS flow of OpenCV for all triplets, by a Python program: frames in, PSNR out. */
function scoresOfDis(triplets) {
  const folder = mkdtempSync(join(tmpdir(), 'rife-dis-'));
  try {
    const index = triplets.map(({height, width, img0, gt, img1}, i) => {
      writeFileSync(join(folder, `${i}.raw`), Buffer.concat([img0, gt, img1]));
      return {height, width};
    });
    writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
    const program = join(import.meta.dirname, 'dis_flow.py');
    return JSON.parse(execFileSync(args.python, [program, folder], {encoding: 'utf8'}));
  } finally {
    rmSync(folder, {recursive: true});
  }
}

const networks = await Promise.all(
  args.weights.map(async given => {
    const [name, file] = given.split(/=(.*)/);
    return {name, predictor: await loadNetwork(file ?? name)};
  }),
);

async function scoresOf(triplets) {
  const scores = {
    'mean of the inputs': mean(
      triplets.map(({img0, img1, gt}) =>
        psnr(
          img0.map((x, i) => (x + img1[i] + 1) >> 1),
          gt,
        ),
      ),
    ),
  };
  if (args.python) scores['DIS flow'] = mean(scoresOfDis(triplets));
  for (const {name, predictor} of networks) {
    const reached = [];
    for (const {height, width, img0, img1, gt} of triplets) {
      const frame = data => ({height, width, data});
      const {refined} = await predictor.predict(frame(img0), frame(img1), 0.5);
      reached.push(
        psnr(
          refined.map(x => Math.min(255, Math.max(0, Math.round(255 * x)))),
          gt,
        ),
      );
    }
    scores[name] = mean(reached);
  }
  return scores;
}

const clips = await scanClips(args.clips, 'val');
const columns = {};
for (const gap of args.gaps.split(',').map(Number))
  columns[`gap ${gap}`] = await scoresOf(await tripletsOf(clips, gap, Number(args['per-gap'])));
if (args.middlebury) columns['Middlebury other'] = await scoresOf(await pairsIn(args.middlebury));
for (const {predictor} of networks) predictor.close?.();

const names = Object.keys(Object.values(columns)[0]);
console.log(`| PSNR in dB | ${Object.keys(columns).join(' | ')} |`);
console.log(
  `|---|${Object.keys(columns)
    .map(() => '---|')
    .join('')}`,
);
for (const name of names)
  console.log(
    `| ${name} | ${Object.values(columns)
      .map(scores => scores[name].toFixed(2))
      .join(' | ')} |`,
  );
if (!args.python) console.log('\nDIS flow is left out: no --python with opencv-python-headless was given.');
if (args.out)
  writeFileSync(
    args.out,
    `${JSON.stringify({clips: args.clips, perGap: Number(args['per-gap']), columns}, null, 1)}\n`,
  );

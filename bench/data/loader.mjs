/**
 * The whole loader against PyTorch's DataLoader with cv2, with as many processes as we have
 * threads, and where our time goes.
 *
 *     RIFE_TWIN_PYTHON=python3 node bench/data/loader.mjs [--crop 512] [--threads 2]
 *         [--batches 20] [--rounds 4] [--work FOLDER] [--out FILE]
 *
 * Frames are the clips of bench/stability/clips (65 frames of 768 x 768, real) as PNG, as lossless
 * WebP, as the mp4 that they are, and packed; those three also through a warm cache (`data.cache`,
 * raw). Both sides take turns on each; the best round of each counts, since what disturbs a machine
 * only ever makes a round slower. Without a Python that has torch and cv2 its side is left out.
 */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import sharp from 'sharp';
import {scanClips} from '@rife-train/data';
import {packClips} from '@rife-train/dataset';
import {machineFacts} from '../lib/machine.mjs';
import {fail, wholeNumber} from '../lib/numbers.mjs';
import {unpackClips} from '../stability/unpack.mjs';
import {firstEpochs, warmCache} from './firstEpoch.mjs';
import {stages} from './stages.mjs';
import {manyClips} from './manyClips.mjs';
import {BATCH, measureLoader} from './measure.mjs';
import {best} from './packTable.mjs';
import {epochTable, loaderTable, stageTable} from './loaderTable.mjs';

const CLIPS = fileURLToPath(new URL('../stability/clips', import.meta.url));

function parseOptions() {
  const {values} = parseArgs({
    options: {
      crop: {type: 'string', default: '512'},
      threads: {type: 'string', default: '2'},
      batches: {type: 'string', default: '20'},
      rounds: {type: 'string', default: '4'},
      work: {type: 'string', default: join(tmpdir(), 'rife-bench-loader')},
      out: {type: 'string', default: fileURLToPath(new URL('../results/loader.json', import.meta.url))},
    },
  });
  const whole = (name, least) => wholeNumber(name, values[name], least);
  return {
    ...{
      crop: whole('crop', 64),
      threads: whole('threads'),
      batches: whole('batches'),
      rounds: whole('rounds'),
    },
    ...{work: values.work, out: values.out},
  };
}

/** The same frames as lossless WebP. */
async function asWebp(png, root) {
  if (existsSync(join(root, 'done'))) return root;
  for (const entry of readdirSync(png, {recursive: true, withFileTypes: true}).filter(e => e.isFile())) {
    const folder = join(root, relative(png, entry.parentPath));
    mkdirSync(folder, {recursive: true});
    await sharp(join(entry.parentPath, entry.name))
      .webp({lossless: true, effort: 0})
      .toFile(join(folder, entry.name.replace(/png$/, 'webp')));
  }
  writeFileSync(join(root, 'done'), '');
  return root;
}

/**
 * What is loaded, by us through the cache `cache`; compared with PyTorch's loader on the kind
 * `against`.
 */
async function makeKinds({work}) {
  const png = unpackClips(CLIPS, join(work, 'png'));
  const webp = await asWebp(png, join(work, 'webp'));
  const pack = codec => packClips({root: png, out: join(work, codec), codec}).then(() => join(work, codec));
  const many = (root, name) => manyClips(root, join(work, 'many', name));
  const [pngs, webps, videos] = [many(png, 'png'), many(webp, 'webp'), many(CLIPS, 'mp4')];
  const cached = (name, root, against) => {
    const cache = join(work, 'cache', against);
    rmSync(cache, {recursive: true, force: true});
    return {name, root, cache, against};
  };
  const kinds = [
    {name: 'PNG', kind: 'png', root: pngs},
    {name: 'WebP, lossless', kind: 'webp', root: webps},
    {name: 'mp4', kind: 'mp4', root: videos},
    {name: 'packed, deflate', kind: 'png', root: many(await pack('deflate'), 'deflate'), against: 'PNG'},
    {name: 'packed, raw', kind: 'png', root: many(await pack('raw'), 'raw'), against: 'PNG'},
    cached('PNG, cached', pngs, 'PNG'),
    cached('WebP, cached', webps, 'WebP, lossless'),
    cached('mp4, cached', videos, 'mp4'),
  ];
  const sources = {'PNG, cached': png, 'WebP, cached': webp, 'mp4, cached': CLIPS};
  return {kinds, sources};
}

/** @returns measurements of its loader, or why there are none */
function theirs({root, kind}, {crop, threads, batches}, seed) {
  const python = process.env.RIFE_TWIN_PYTHON || 'python3';
  const asked = {
    root: join(root, 'train'),
    kind,
    crop,
    batch: BATCH,
    workers: threads,
    batches,
    warm: 2 * threads,
    seed,
  };
  const {status, stdout, stderr} = spawnSync(python, [fileURLToPath(new URL('loader.py', import.meta.url))], {
    input: `${JSON.stringify(asked)}\n`,
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : {missing: stderr?.trim().split('\n').at(-1) || 'no Python'};
}

async function measureAll(kinds, options) {
  const rows = kinds.map(kind => ({...kind, ours: [], theirs: []}));
  let missing;
  for (let round = 1; round <= options.rounds; round++)
    for (const row of rows) {
      row.ours.push(await measureLoader({...options, root: row.root, cache: row.cache, seed: round}));
      const other = row.against || missing ? undefined : theirs(row, options, round);
      if (other?.missing) missing = other.missing;
      else if (other) row.theirs.push(other);
      const [us, them] = [row.ours.at(-1), row.theirs.at(-1)];
      console.error(
        `round ${round}, ${row.name}: ${us.tripletsPerSecond.toFixed(1)}${them ? ` against ${them.tripletsPerSecond.toFixed(1)}` : ''} triplets/s`,
      );
    }
  return {
    missing,
    rows: rows.map(({name, against, ours: us, theirs: them}) => ({
      ...{name, against, ours: best(us), rounds: {ours: us, theirs: them}},
      ...(them.length > 0 && {theirs: best(them)}),
    })),
  };
}

async function main() {
  const options = parseOptions();
  const {kinds, sources} = await makeKinds(options);
  const machine = machineFacts();
  machine.command = machine.command.replace(options.work, 'FOLDER');
  for (const {root, cache} of kinds)
    if (cache) await warmCache(await scanClips(root, 'train'), cache, options.threads);
  const {rows, missing} = await measureAll(kinds, options);
  const epochs = await firstEpochs(rows, sources, options);
  const parts = [];
  for (const kind of kinds.filter(({cache}) => !cache))
    parts.push({name: kind.name, stages: await stages(kind.root, options)});
  const {crop, threads, batches, rounds: count, out} = options;
  mkdirSync(dirname(out), {recursive: true});
  writeFileSync(
    out,
    `${JSON.stringify({machine, settings: {crop, threads, batches, rounds: count}, missing, rows, epochs, parts}, null, 1)}\n`,
  );
  console.log(loaderTable(rows, missing));
  console.log(`\n${epochTable(epochs, rows)}`);
  console.log(`\n${stageTable(parts)}`);
}

await main().catch(fail);

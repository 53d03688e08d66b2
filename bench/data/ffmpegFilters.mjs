/**
 * Our detection of cuts, fades, static and blurred parts, and repeated and black frames beside
 * ffmpeg's own filters (scdet, blackdetect, freezedetect, mpdecimate, blurdetect), on the same
 * planted clips and videos.
 *
 *     node bench/data/ffmpegFilters.mjs [--seed 7] [--rounds 12] [--clean 8] [--ffmpeg PATH]
 *         [--out FILE]
 *
 * Clips carry the faults of faults.mjs and are judged frame by frame, ours by `data doctor`. Videos
 * have two shots with one fault between or in them (filterVideos.mjs), ours are judged by `data
 * build`. Filters with a threshold are shown with ffmpeg's default, and with the threshold that
 * does best on these very clips, which ours had no chance to choose. Without --ffmpeg, FFmpeg 7.0
 * is fetched: the one of npm has neither scdet nor blurdetect.
 */
import '../../scripts/freshDist.mjs';
import {mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {buildClips, examineData} from '@rife-train/dataset';
import {BUILDS, fetchBuild} from '../../scripts/ffmpeg/builds.mjs';
import {measure} from './filterRuns.mjs';
import {CLIP_METHODS, VIDEO_METHODS} from './filterMethods.mjs';
import {plantVideos} from './filterVideos.mjs';
import {randomOf} from './material.mjs';
import {plant} from './plant.mjs';

const {values} = parseArgs({
  options: {
    seed: {type: 'string', default: '7'},
    rounds: {type: 'string', default: '12'},
    clean: {type: 'string', default: '8'},
    ffmpeg: {type: 'string'},
    out: {type: 'string'},
  },
});
const CACHE = fileURLToPath(new URL('../../.cache/ffmpeg', import.meta.url));
const FFMPEG =
  values.ffmpeg ??
  join(
    fetchBuild(
      BUILDS.find(({version}) => version === '7.0'),
      CACHE,
    ),
    'ffmpeg',
  );
const FAULTS = [
  ...['cut: another take', 'cut: another view', 'static, the same bits', 'static with noise'],
  ...['repeated frame, the same bits', 'repeated frame with noise'],
  ...['odd frame', 'flash', 'black frame'],
];
const say = text => process.stderr.write(`${text}\n`);

async function inFolder(use) {
  const root = mkdtempSync(join(tmpdir(), 'rife-filters-'));
  try {
    return await use(root);
  } finally {
    rmSync(root, {recursive: true, force: true});
  }
}

/** Clips of one data set: what was planted, what ours finds, and what the filters measure. */
const clipRound = (round, random) =>
  inFolder(async root => {
    const {planted} = await plant(root, FAULTS, Number(values.clean), round, random);
    const {findings} = (await examineData({root})).report;
    const clips = [];
    for (const split of ['train', 'val'])
      for (const name of readdirSync(join(root, split))) {
        const id = name.replace('.mp4', '');
        const fault = planted.find(one => one.split === split && one.clip === id);
        const ours = findings.filter(one => one.split === split && one.clip === id);
        clips.push({
          name: `${round} ${split} ${id}`,
          fault: fault && {sort: fault.fault, kind: fault.kind, frame: fault.frame},
          ours: ours.map(({kind, frame}) => ({kind, frame})),
          measured: measure(FFMPEG, join(root, split, name)),
        });
      }
    return clips;
  });

/**
 * Two-shot videos: what was planted, the spans that a build leaves out, and what the filters
 * measure.
 */
const videoRound = (round, random) =>
  inFolder(async root => {
    const planted = await plantVideos(root, round, random);
    const options = {inputs: [root], out: join(root, 'out'), dryRun: true, length: 9, val: 0};
    const {report} = await buildClips(options);
    return planted.map(({path, ...fault}) => ({
      name: `${round} ${basename(path)}`,
      fault: fault.kind && fault,
      ours: report.videos.find(({source}) => source.endsWith(basename(path))).leftOut,
      measured: measure(FFMPEG, path),
    }));
  });

/** What one method finds of its faults, and where it is wrong. */
function score(items, {kind, allowed, hits, frames}) {
  const own = items.filter(({fault}) => fault?.kind === kind);
  const found = own.filter(item => hits(item));
  const other = items.filter(({fault}) => fault?.kind !== kind && !allowed.includes(fault?.kind));
  const wrong = other.filter(item => frames(item).length > 0);
  const clean = wrong.filter(({fault}) => !fault);
  const bySort = [...new Set(own.map(({fault}) => fault.sort))].map(sort => [
    sort,
    found.filter(({fault}) => fault.sort === sort).length,
    own.filter(({fault}) => fault.sort === sort).length,
  ]);
  const cleanClips = items.filter(({fault}) => !fault).length;
  return {
    found: found.length,
    planted: own.length,
    bySort,
    clean: clean.length,
    cleanClips,
    other: wrong.length - clean.length,
    faulty: other.length - cleanClips,
  };
}

const worth = ({found, clean, other}) => found - clean - other;

/** Ours, and each filter with its default and with its best threshold. */
function rowsOf(items, methods) {
  return methods.flatMap(({name, kind, thresholds = [undefined], preset, allowed = [], ...rest}) => {
    const scored = thresholds.map(threshold => ({
      method: threshold === undefined ? name : `${name} ${threshold}`,
      kind,
      ...score(items, {
        ...{kind, allowed},
        hits: item => rest.hits(item, threshold),
        frames: item => rest.frames(item, threshold),
      }),
      isDefault: threshold === preset,
    }));
    const best = scored.reduce((a, b) => (worth(b) > worth(a) ? b : a));
    const first = scored.find(({isDefault}) => isDefault) ?? best;
    return worth(first) >= worth(best) ? [first] : [first, {...best, method: `${best.method} (best)`}];
  });
}

function print(title, rows) {
  console.log(`\n${title}\n`);
  console.log('| planted | method | found | missed | false alarms, clean | false alarms, other faults |');
  console.log('|---|---|---:|---|---:|---:|');
  for (const {kind, method, found, planted, bySort, clean, cleanClips, other, faulty} of rows) {
    const missed = bySort.filter(([, n, of]) => n < of).map(([sort, n, of]) => `${of - n} ${sort}`);
    console.log(
      `| ${kind} | ${method} | ${found} of ${planted} | ${missed.join(', ')} | ${clean} of ${cleanClips} | ${other} of ${faulty} |`,
    );
  }
}

const random = randomOf(Number(values.seed));
const [clips, videos] = [[], []];
for (let round = 0; round < Number(values.rounds); round++) {
  clips.push(...(await clipRound(round, random)));
  videos.push(...(await videoRound(round, random)));
  say(`round ${round + 1} of ${values.rounds}`);
}
const result = {
  seed: Number(values.seed),
  rounds: Number(values.rounds),
  clips: rowsOf(clips, CLIP_METHODS),
  videos: rowsOf(videos, VIDEO_METHODS),
};
print('Clips of 16 frames', result.clips);
print('Videos of two shots', result.videos);
if (values.out) {
  mkdirSync(dirname(values.out), {recursive: true});
  writeFileSync(values.out, `${JSON.stringify(result, null, 1)}\n`);
}

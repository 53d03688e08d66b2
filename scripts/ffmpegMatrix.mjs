/**
 * `npm run test:ffmpeg`: are frames the same with every version of FFmpeg? Fetches builds from npm,
 * PyPI and Debian, makes videos whose frames carry their number, of 1 to 1,000 frames a second in
 * each container, and reads them in every way that the product has.
 *
 *     npm run test:ffmpeg -- [--only 7.1,9.0] [--installed] [--quick] [--list]
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {BUILDS, fetchBuild, versionOf} from './ffmpeg/builds.mjs';
import {CONTAINERS, makeInputs, RATES} from './ffmpeg/inputs.mjs';
import {findFfmpeg} from './ffmpeg/product.mjs';
import {isMain, runMain, ScriptError} from './run.mjs';

const CACHE = fileURLToPath(new URL('../.cache/ffmpeg', import.meta.url));
const READINGS = fileURLToPath(new URL('ffmpeg/readings.mjs', import.meta.url));
/** Rates above and below 25, for which numbering frames by a clock failed. */
const QUICK = {rates: ['1', '1000']};
const MOST_LISTED = 8;

/** Reads all inputs with the ffmpeg in a folder. */
function readWith(folder, root, out) {
  const env = {...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`};
  const started = Date.now();
  const {stdout, stderr, status} = spawnSync(process.execPath, [READINGS, root, out], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new ScriptError(`reading with ${folder} failed:\n${stderr}`);
  return {...JSON.parse(stdout), seconds: (Date.now() - started) / 1000};
}

function chosen(only) {
  if (only === undefined) return BUILDS;
  const wanted = only.split(',');
  const unknown = wanted.filter(version => !BUILDS.some(build => build.version === version));
  if (unknown.length > 0)
    throw new ScriptError(`--only: no ${unknown.join(', ')} among ${BUILDS.map(b => b.version).join(', ')}`);
  return BUILDS.filter(({version}) => wanted.includes(version));
}

const sourceOf = ({npm, pip, apt}) => (npm ? `npm ${npm}` : pip ? `PyPI ${pip}` : `Debian ${apt}`);
const row = cells => `| ${cells.join(' | ')} |`;

/** Folders of builds; one that is not available here is reported, and counts as a failure. */
function* foldersOf({installed, only}) {
  if (installed) {
    yield findFfmpeg().then(path => ({name: 'installed', from: path, folder: dirname(path)}));
    return;
  }
  for (const build of chosen(only)) {
    const one = {name: build.version, from: sourceOf(build)};
    try {
      yield Promise.resolve({...one, folder: fetchBuild(build, CACHE)});
    } catch (error) {
      yield Promise.resolve({...one, missing: error.message});
    }
  }
}

async function main() {
  const {values} = parseArgs({
    options: {
      only: {type: 'string'},
      ...{installed: {type: 'boolean'}, quick: {type: 'boolean'}, list: {type: 'boolean'}},
    },
  });
  if (values.list) {
    for (const build of chosen(values.only)) console.log(`${build.version.padEnd(5)} ${sourceOf(build)}`);
    return;
  }
  const work = mkdtempSync(join(tmpdir(), 'rife-ffmpeg-'));
  let failed = 0;
  try {
    // Without a PATH: the build of the npm package, which has all encoders; else the installed one.
    const maker = await findFfmpeg('').catch(() => findFfmpeg());
    const inputs = values.quick ? QUICK : {rates: RATES};
    makeInputs(maker, join(work, 'clips'), inputs);
    console.log(`${inputs.rates.join(', ')} frames a second and uneven times, in ${CONTAINERS.join(', ')}\n`);
    console.log(row(['FFmpeg', 'calls itself', 'from', 'reads', 'wrong', 's']));
    console.log(row(Array(6).fill('---')));
    for (const next of foldersOf(values)) {
      const {name, from, folder, missing} = await next;
      if (missing !== undefined) {
        console.log(row([name, '-', from, 0, missing, '-']));
        failed++;
        continue;
      }
      const {reads, wrong, seconds} = readWith(folder, join(work, 'clips'), join(work, name));
      console.log(row([name, versionOf(folder), from, reads, wrong.length, seconds.toFixed(0)]));
      for (const {way, file, text} of wrong.slice(0, MOST_LISTED))
        console.log(`    ${way}, ${file}: ${text}`);
      if (wrong.length > 0 || reads === 0) failed++;
    }
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
  if (failed > 0) process.exitCode = 1;
}

if (isMain(import.meta.url)) runMain(main);

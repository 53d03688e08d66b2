/**
 * How long a user waits: from `rife-train train` to the end of the second step at 4 x 224, without
 * the time in which it waited for decoded clips; and a whole `rife-train predict` of a pair of
 * 512 x 512. Everything is installed, and the files are in memory.
 *
 *     node bench/start/run.mjs [--rounds 5]
 */
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import sharp from 'sharp';
import {machineFacts} from '../lib/machine.mjs';
import {fail, median, wholeNumber} from '../lib/numbers.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const CLIPS = join(root, 'examples/quickstart/clips');
const COMMAND = join(root, 'node_modules/.bin/rife-train');

const CONFIG = `import {defineConfig} from 'rife-train';
export default defineConfig({data: {root: ${JSON.stringify(CLIPS)}, crop: 224, batch: 4, gaps: [1, 8]}, steps: 3});
`;

/** Runs the command; `until` is asked every 5 ms, and stops the clock. */
function timed(cwd, args, until) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let elapsed;
    let said = '';
    const child = spawn(process.execPath, [COMMAND, ...args], {cwd, stdio: ['ignore', 'pipe', 'pipe']});
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (said += text));
    const timer =
      until && setInterval(() => (elapsed ??= until() ? performance.now() - start : undefined), 5);
    child.on('error', reject);
    child.on('close', code => {
      clearInterval(timer);
      if (code !== 0)
        return reject(new Error(`rife-train ${args[0]} ended with ${code}: ${said.slice(-600)}`));
      resolve(elapsed ?? performance.now() - start);
    });
  });
}

const metricsOf = folder => {
  const file = join(folder, 'runs/latest/metrics.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
};

async function trainOnce(folder) {
  rmSync(join(folder, 'runs'), {recursive: true, force: true});
  const wall = await timed(folder, ['train'], () => metricsOf(folder).length >= 2);
  const steps = metricsOf(folder)
    .slice(0, 2)
    .map(line => JSON.parse(line));
  const waited = steps.reduce((sum, {dataMs}) => sum + dataMs, 0);
  return {wall, waited, steps: steps.map(({stepMs}) => stepMs)};
}

/** Two smooth pictures of 512 x 512. */
async function writePair(folder) {
  const side = 512;
  for (const [name, shift] of [
    ['a.png', 0],
    ['b.png', 5],
  ]) {
    const wave = i =>
      127 + 100 * Math.sin((Math.floor(i / 3 / side) + (Math.floor(i / 3) % side) + shift) / 20);
    const pixels = Uint8Array.from({length: side * side * 3}, (_, i) => wave(i));
    await sharp(pixels, {raw: {width: side, height: side, channels: 3}}).toFile(join(folder, name));
  }
}

async function main() {
  const {values} = parseArgs({options: {rounds: {type: 'string', default: '5'}}});
  const rounds = wholeNumber('rounds', values.rounds);
  const machine = machineFacts();
  const folder = mkdtempSync(join(tmpdir(), 'rife-start-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(root, 'packages/cli'), join(folder, 'node_modules/rife-train'));
    writeFileSync(join(folder, 'rife.config.mjs'), CONFIG);
    await writePair(folder);
    await trainOnce(folder);
    const [trained, predicted] = [[], []];
    const predict = ['predict', 'a.png', 'b.png', '--weights', 'runs/latest', '--out', 'c.png'];
    for (let round = 0; round < rounds; round++) {
      trained.push(await trainOnce(folder));
      rmSync(join(folder, 'c.png'), {force: true});
      predicted.push(await timed(folder, predict));
    }
    const of = pick => median(trained.map(pick));
    const result = {
      machine,
      toSecondStepMs: of(({wall}) => wall),
      waitedForDataMs: of(({waited}) => waited),
      besideDecodingMs: of(({wall, waited}) => wall - waited),
      firstStepsMs: [0, 1].map(i => of(({steps}) => steps[i])),
      predictMs: median(predicted),
      rounds: {trained, predicted},
    };
    writeFileSync(join(root, 'bench/results/start.json'), `${JSON.stringify(result, null, 1)}\n`);
    console.log(JSON.stringify({...result, machine: undefined, rounds: undefined}, null, 1));
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

main().catch(fail);

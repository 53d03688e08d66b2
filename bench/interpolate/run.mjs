/**
 * `rife-train interpolate` against the loop of Practical-RIFE over the same network in PyTorch:
 * RIFE 4.0 at twice the rate. Whole processes are timed on a short and a long clip; the difference
 * is the time of the frames, without the start. Programs take turns in one run; each one's median
 * counts.
 *
 *     node bench/interpolate/run.mjs --weights flownet.pkl [--python python3] [--size 854x480]
 *         [--frames 4,24] [--rounds 3]
 */
import {execFileSync, spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {findFfmpeg} from '@rife-train/data';
import {machineFacts} from '../lib/machine.mjs';

const {values} = parseArgs({
  options: {
    weights: {type: 'string'},
    python: {type: 'string', default: 'python3'},
    size: {type: 'string', default: '854x480'},
    frames: {type: 'string', default: '4,24'},
    rounds: {type: 'string', default: '3'},
    out: {type: 'string', default: 'bench/results/interpolate.json'},
  },
});
const CLI = fileURLToPath(new URL('../../packages/cli/bin/rife-train.js', import.meta.url));
const PRACTICAL = fileURLToPath(new URL('practical.py', import.meta.url));
const machine = machineFacts();
const ffmpeg = await findFfmpeg();
const folder = mkdtempSync(join(tmpdir(), 'rife-bench-'));
const lengths = values.frames.split(',').map(Number);

/** A picture that pans: neither static nor cut. */
function clip(frames) {
  const path = join(folder, `${frames}.mp4`);
  const [width, height] = values.size.split('x').map(Number);
  const source = `testsrc2=size=${width + 200}x${height}:rate=25`;
  const pan = `crop=${width}:${height}:4*n:0`;
  const args = ['-f', 'lavfi', '-i', source, '-frames:v', frames, '-vf', pan, '-pix_fmt', 'yuv420p', path];
  execFileSync(ffmpeg, ['-v', 'error', '-y', ...args.map(String)]);
  return path;
}

/** Seconds, and the largest resident size as the system counts it. */
async function timed(command, args) {
  const startMs = performance.now();
  const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe']});
  let text = '';
  let peakKiB = 0;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (text += chunk));
  const watch = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakKiB = Math.max(peakKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 200);
  const code = await new Promise(resolve => child.on('close', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${text}`);
  return {seconds: (performance.now() - startMs) / 1000, peakRssBytes: peakKiB * 1024};
}

const PROGRAMS = {
  practical: (source, out) =>
    timed(values.python, [
      PRACTICAL,
      '--weights',
      values.weights,
      '--ffmpeg',
      ffmpeg,
      '--size',
      values.size,
      source,
      out,
    ]),
  ours: (source, out) =>
    timed(process.execPath, [CLI, 'interpolate', source, '-w', values.weights, '-o', out, '--yes']),
};

const rounds = [];
try {
  const clips = lengths.map(clip);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [program, run] of Object.entries(PROGRAMS)) {
      const [short, long] = [
        await run(clips[0], join(folder, 'a.mp4')),
        await run(clips[1], join(folder, 'b.mp4')),
      ];
      const secondsPerPair = (long.seconds - short.seconds) / (lengths[1] - lengths[0]);
      rounds.push({
        round,
        program,
        secondsPerPair,
        short: short.seconds,
        long: long.seconds,
        peakRssBytes: long.peakRssBytes,
      });
      console.log(
        `${program}: ${secondsPerPair.toFixed(3)} s a pair, ${(long.peakRssBytes / 2 ** 20).toFixed(0)} MiB`,
      );
    }
  }
} finally {
  rmSync(folder, {recursive: true, force: true});
}
const median = name => {
  const own = rounds.filter(({program}) => program === name).map(({secondsPerPair}) => secondsPerPair);
  return own.sort((a, b) => a - b)[Math.floor(own.length / 2)];
};
const speedRatio = median('practical') / median('ours');
console.log(`speed of ours to Practical-RIFE's loop: ${speedRatio.toFixed(2)}`);
const {size, frames} = values;
writeFileSync(values.out, `${JSON.stringify({machine, size, frames, speedRatio, rounds}, null, 2)}\n`);

/**
 * Frames of videos at any rate and in each container, in every way in which the product reads them,
 * with the installed ffmpeg: the quick part of `npm run test:ffmpeg`.
 */
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {evalScript, ROOT} from './callScript.js';

test('each frame comes once and in order', () => {
  const script = join(ROOT, 'scripts/ffmpegMatrix.mjs');
  const args = [script, '--installed', '--quick'];
  const {stdout, status} = spawnSync(process.execPath, args, {encoding: 'utf8'});
  const [, reads, wrong] = /^\| installed \|.*\| (\d+) \| (\d+) \| \d+ \|$/m.exec(stdout) ?? [];
  expect([stdout.split('\n    ').slice(1), wrong, status]).toEqual([[], '0', 0]);
  expect(Number(reads)).toBeGreaterThan(100);
});

test('a number that is drawn is the number that is read', () => {
  const read = `[0, 1, 127, 200].map(number => {
    const frame = exports.numberedFrame(number);
    return exports.numberIn((x, y) => frame[(Math.floor(y * 64) * 64 + Math.floor(x * 64)) * 3]);
  })`;
  expect(evalScript('ffmpeg/inputs.mjs', read)).toEqual([0, 1, 127, 200]);
});

test('docs name the versions that are tried', () => {
  const versions = evalScript('ffmpeg/builds.mjs', 'exports.BUILDS.map(({version}) => version)') as string[];
  // A paragraph is one line, wherever it wraps.
  const page = readFileSync(join(ROOT, 'docs/data.md'), 'utf8').replace(/(\S)\n(?=\S)/g, '$1 ');
  const told = /On Linux, x64, all frames were right with (.*)\./.exec(page)![1]!;
  const names = told.match(/\d+(\.\d+)?/g)!;
  expect(versions.filter(version => !names.includes(version))).toEqual([]);
});

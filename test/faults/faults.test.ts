import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ROOT} from '../e2e/support.js';

const node = (args: string[]) =>
  spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: {...process.env, TF_CPP_MIN_LOG_LEVEL: '3'},
    timeout: 110_000,
  });

/** All kinds are in it, each once; `npm run test:faults` brings in a thousand. */
test('one fault of each kind: nothing lost, nothing unreadable, each named', () => {
  const {status, stdout, stderr} = node(['scripts/faults/run.mjs', '--count', '16', '--seed', '7']);
  expect({status, stdout, stderr}).toMatchObject({status: 0});
  expect(stdout).toMatch(/\| all \| 16 \| \d+ \| \d+ \| 0 \| 0 \| 0 \|/);
  expect(stdout.match(/^\| .* \| 1 \|/gm)).toHaveLength(16);
});

describe('the harness itself', () => {
  const call = (code: string) => node(['--input-type=module', '-e', code]);

  test('finds a checkpoint whose file was changed', () => {
    const out = mkdtempSync(join(tmpdir(), 'rife-faults-'));
    try {
      const folder = join(out, 'checkpoints/step-00000002');
      mkdirSync(folder, {recursive: true});
      writeFileSync(join(folder, 'a'), 'changed');
      writeFileSync(
        join(folder, 'state.json'),
        JSON.stringify({files: {a: {bytes: 7, sha256: 'that of before'}}}),
      );
      const {stdout} = call(`
        const {unreadable} = await import('./scripts/faults/world.mjs');
        console.log(JSON.stringify(unreadable(${JSON.stringify(out)})));`);
      expect(JSON.parse(stdout)).toEqual(['step-00000002/a: another checksum']);
    } finally {
      rmSync(out, {recursive: true, force: true});
    }
  });

  test('counts a run that ends without a code, or with other bits, as lost', () => {
    const {stdout, stderr} = call(`
      const {KINDS} = await import('./scripts/faults/kinds.mjs');
      const {judge} = await import('./scripts/faults/judge.mjs');
      KINDS.accident = async () => ({run: {error: new Error('an accident')}, named: /accident/});
      KINDS.silent = async () => ({run: {lines: []}, named: /anything/, same: true});
      console.log(JSON.stringify([await judge('accident', 1), await judge('silent', 1)]));`);
    expect(stderr).not.toContain('Error');
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toEqual([
      expect.objectContaining({outcome: 'lost', why: expect.stringContaining('without a code'), named: true}),
      expect.objectContaining({outcome: 'lost', why: 'its bits are others', named: false}),
    ]);
  });
});

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
    timeout: CHILD_LIMIT_MS,
  });

/** Contains all kinds, each once; `npm run test:faults` injects a thousand. */
test('one fault of each kind: each injected and named, nothing lost, nothing unreadable', () => {
  const {status, stdout, stderr} = node(['scripts/faults/run.mjs', '--count', '16', '--seed', '7']);
  expect({status, stdout, stderr}).toMatchObject({status: 0});
  expect(stdout).toMatch(/\| all \| 16 \| \d+ \| \d+ \| 0 \| 0 \| 0 \| 0 \|/);
  expect(stdout.match(/^\| .* \| 1 \|/gm)).toHaveLength(16);
});

test('a run that has no end in time is killed, and lost', () => {
  const args = ['--count', '1', '--only', 'SIGKILL', '--limit', '0.05', '--jobs', '1'];
  const {status, stdout} = node(['scripts/faults/run.mjs', ...args]);
  expect(stdout).toContain('"why":"no end within 0.05 s"');
  expect(stdout).toMatch(/\| all \| 1 \| 0 \| 0 \| 1 \|/);
  expect(status).toBe(1);
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
      expect.objectContaining({outcome: 'lost', why: 'its bits differ', named: false}),
    ]);
  });

  test('a fault that was not injected proves nothing, however well the run ended', () => {
    const {stdout} = call(`
      const {KINDS} = await import('./scripts/faults/kinds.mjs');
      const {judge} = await import('./scripts/faults/judge.mjs');
      KINDS.late = async () => ({run: {lines: ['fine']}, named: /fine/, missed: 'the run was over'});
      console.log(JSON.stringify(await judge('late', 1)));`);
    expect(JSON.parse(stdout)).toMatchObject({outcome: 'not injected', why: 'the run was over'});
  });

  test('a signal that comes when the steps are over was not injected', () => {
    const {stdout} = call(`
      const {KINDS} = await import('./scripts/faults/kinds.mjs');
      const {judge} = await import('./scripts/faults/judge.mjs');
      const {runChild, signalled} = await import('./scripts/faults/processKinds.mjs');
      const late = step => (random, out, signal) => runChild(out, {signal, step, moment: 'in afterStep'});
      KINDS.term = signalled('SIGTERM', [late(7)]);
      KINDS.kill = signalled('SIGKILL', [late(99)]);
      console.log(JSON.stringify([await judge('term', 1), await judge('kill', 1)]));`);
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({
        outcome: 'not injected',
        why: expect.stringMatching(/^SIGTERM.*exit code 0.*step 7/),
      }),
      expect.objectContaining({
        outcome: 'not injected',
        why: expect.stringMatching(/^SIGKILL.*exit code 0.*finished/),
      }),
    ]);
  });
});

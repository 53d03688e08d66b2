import {spawn, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {nodeCommand} from '../process.js';

test('starts Node, with the arguments that follow', () => {
  const {execPath, execArgv} = nodeCommand();
  const {stdout} = spawnSync(execPath, [...execArgv, '-p', '6 * 7'], {encoding: 'utf8'});
  expect(stdout).toBe('42\n');
});

/** Is it there, and no zombie that nobody has waited for yet? */
const runs = (pid: number) => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const hasSetpriv = nodeCommand().execPath === 'setpriv';
const withKernel = hasSetpriv ? test : test.skip;
if (!hasSetpriv)
  console.warn('skipped: "a stopped process ends with the one that started it", without setpriv');

withKernel('a stopped process ends with the one that started it', async () => {
  const {execPath, execArgv} = nodeCommand();
  const child = JSON.stringify([...execArgv, '-e', 'setInterval(() => {}, 1000)']);
  const source = `const {spawn} = require('node:child_process');
    console.log(spawn(${JSON.stringify(execPath)}, ${child}).pid); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['-e', source], {stdio: ['ignore', 'pipe', 'inherit']});
  const pid = Number(await new Promise(resolve => parent.stdout.once('data', resolve)));
  expect(runs(pid)).toBe(true);
  // setpriv has become Node when its name has changed.
  while (!readFileSync(`/proc/${pid}/comm`, 'utf8').includes('node')) await new Promise(setImmediate);
  process.kill(pid, 'SIGSTOP');
  parent.kill('SIGKILL');
  while (runs(pid)) await new Promise(resolve => setTimeout(resolve, 5));
});

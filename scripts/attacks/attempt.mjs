/** Tries one attack in a process of its own, and looks for what it leaves. */
import {fork} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {cell} from './table.mjs';

const CHILD = fileURLToPath(new URL('attempted.mjs', import.meta.url));
/** In the environment of all processes of an attack. */
const MARK = 'RIFE_ATTACK';
/** More than any attack needs. */
const LIMIT_MS = 600_000;
/** What a killed process needs to be gone. */
const GRACE_MS = 3_000;

const SHM = '/dev/shm';
const namesIn = folder => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Numbers of the processes whose environment has the mark. */
function marked(mark) {
  const wanted = `\0${MARK}=${mark}\0`;
  return namesIn('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(wanted);
    } catch {
      return false;
    }
  });
}

const commandOf = pid => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
};

/** Kills what is still there after a while, and names it. */
async function leftProcesses(mark) {
  for (let waitedMs = 0; waitedMs < GRACE_MS && marked(mark).length > 0; waitedMs += 50) await sleep(50);
  return marked(mark).map(pid => {
    const what = `process ${commandOf(pid)}`;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Ended by itself in between.
    }
    return what;
  });
}

/** Runs the attack in a process. @returns `{result, seen}` */
function inProcess({file, name}, env) {
  const child = fork(CHILD, [file, name], {
    env: {...process.env, ...env},
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise(resolve => {
    let answer = {result: 'SUCCEEDED', seen: 'the process of the attack ended without an answer'};
    const late = setTimeout(() => {
      answer = {result: 'SUCCEEDED', seen: `it did not end in ${LIMIT_MS / 60_000} minutes`};
      child.kill('SIGKILL');
    }, LIMIT_MS);
    child.on('message', message => (answer = message));
    child.on('close', () => {
      clearTimeout(late);
      resolve(answer);
    });
  });
}

/**
 * Tries an attack.
 * @returns `result`: held, SUCCEEDED or not tried; `seen`: in words, one line
 */
export async function tried(attack) {
  const reason = attack.skip?.();
  if (reason) return {result: 'not tried', seen: cell(reason)};
  const place = mkdtempSync(join(tmpdir(), 'rife-attack-'));
  const temporary = join(place, 'tmp');
  mkdirSync(temporary);
  const mark = randomUUID();
  const before = new Set(namesIn(SHM));
  try {
    const {result, seen} = await inProcess(attack, {[MARK]: mark, TMPDIR: temporary});
    const left = [
      ...(await leftProcesses(mark)),
      ...namesIn(temporary).map(name => `temporary file ${name}`),
      ...namesIn(SHM)
        .filter(name => name.startsWith('rife') && !before.has(name))
        .map(name => `${SHM}/${name}`),
    ];
    if (left.length === 0) return {result, seen: cell(seen)};
    return {result: 'SUCCEEDED', seen: cell(`${seen}; left: ${left.join(', ')}`)};
  } finally {
    rmSync(place, {recursive: true, force: true});
  }
}

/**
 * Unusual properties of a machine. `apply(run)` changes how jest is started
 * (scripts/oddMachines.mjs, `plainRun`), or throws {@link Impossible}. They are applied in this
 * order: the user is last, since it must own what the others created.
 */
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {coarseDisk} from './coarseDisk.mjs';
import {Impossible} from './impossible.mjs';
import {turkish} from './locale.mjs';
import {otherUser} from './otherUser.mjs';

/** A program that starts the others, put before them. */
function startedBy(run, program, ...args) {
  if (spawnSync(program, ['--version'], {stdio: 'ignore'}).error)
    throw new Impossible(`there is no program "${program}"`);
  run.before.unshift(program, ...args);
}

// Each ends by itself if this process was killed: it then has another parent.
const HOG = `const parent = process.ppid;
while (process.ppid === parent) for (let i = 0; i < 1e8; i++);`;

function load(run) {
  for (let i = 0; i < 2; i++) {
    const hog = spawn(process.execPath, ['-e', HOG], {stdio: 'ignore'});
    run.cleanUps.push(() => hog.kill('SIGKILL'));
  }
}

function randomize(run) {
  run.jestArgs.push('--randomize', `--seed=${run.seed}`);
  run.notes.push(`--seed ${run.seed} gives this order again`);
}

function oneCore(run) {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const core = /^Cpus_allowed_list:\s*(\d+)/m.exec(status)?.[1];
  if (core === undefined) throw new Impossible('/proc/self/status does not show which cores may be used');
  startedBy(run, 'taskset', '-c', core);
}

const umask = mask => run => void run.before.unshift('sh', '-c', `umask ${mask}; exec "$@"`, 'sh');

function oddFolder(run) {
  run.temporary = join(run.temporary, 'geçici dosyalar');
  mkdirSync(run.temporary);
}

export const VARIATIONS = {
  load: {what: 'two busy loops beside the tests', apply: load},
  nice: {what: 'at the lowest priority', apply: run => startedBy(run, 'nice', '-n', '19')},
  core: {what: 'on one core', apply: oneCore},
  randomize: {what: "each file's tests in another order", apply: randomize},
  locale: {what: 'in Turkish, with the time of Kathmandu', apply: turkish},
  umask077: {what: 'new files are for their owner alone', apply: umask('077')},
  umask000: {what: 'new files are for everybody', apply: umask('000')},
  tmpdir: {what: 'TMPDIR has a space and letters beyond ASCII in its name', apply: oddFolder},
  coarse: {
    what: 'TMPDIR is on a disk with time stamps of whole seconds, without reflinks',
    apply: coarseDisk,
  },
  user: {what: 'as a user who is not root, and may not write to the checkout', apply: otherUser},
};

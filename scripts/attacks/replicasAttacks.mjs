/** Replicas that are killed, stopped or left alone, and configurations that change between them. */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {savedSteps, shows, trainedSteps, write, writeConfig} from './smallRun.mjs';
import {check, signalGroup} from './tools.mjs';

export const topic = 'replicas';

/** Loading TensorFlow takes minutes on a machine that is busy otherwise. */
const PATIENT = {timeoutMs: 600_000};
const TWO = ['train', '--devices', '2'];
const slow = "hooks.beforeStep.tapPromise('wait', () => new Promise(resolve => setTimeout(resolve, 50)));";

/** Processes whose environment has the mark of this attack. */
const marked = mark =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);

/** Folders and blocks that runs make in places that all share. */
const shared = () =>
  ['/dev/shm', tmpdir()]
    .filter(folder => existsSync(folder))
    .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
    .filter(path => /rife-train-(block|graph)-/.test(path));

/** Resolves when nothing is left, or after ten seconds to what is. */
async function leftOver(mark, before) {
  for (let look = 0; ; look++) {
    const left = [...marked(mark), ...shared().filter(path => !before.includes(path))];
    if (left.length === 0 || look === 100) return left;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/**
 * Starts a run of two replicas, disturbs it at its first step, and looks for what is left.
 * @param disturb gets the command's process number and those of its replicas
 */
const disturbed = (name, expected, disturb, judge) => ({
  name,
  expected,
  skip: () => !existsSync('/proc/self/environ') && 'processes are found by /proc',
  async run({folder, startRife}) {
    const mark = `RIFE_ATTACK_MARK=${process.pid}-${Math.floor(performance.now())}`;
    const before = shared();
    writeConfig(folder, {steps: 500, replicaTimeout: 20}, slow);
    const [key, value] = mark.split('=');
    const run = startRife(TWO, {...PATIENT, env: {[key]: value}});
    await shows(run, /^step +\d+\/500/m);
    const {pid} = run.child;
    disturb(
      pid,
      marked(mark).filter(other => isReplica(other)),
    );
    const ended = await run.ended;
    const left = await leftOver(mark, before);
    if (left.length > 0) signalGroup(run.child, 'SIGKILL');
    check(left.length === 0, `left: ${left.join(', ')}`);
    return judge(ended, folder);
  },
});

const isReplica = pid => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('childMain.js');
  } catch {
    return false;
  }
};

const saved = (code, pattern) => (ended, folder) => {
  const [made, last] = [trainedSteps(folder), savedSteps(folder).at(-1)];
  check(ended.code === code, `exit code ${ended.code} ${ended.stderr.slice(0, 300)}`);
  check(pattern.test(ended.stderr), ended.stderr.slice(0, 300));
  check(last >= made - 1, `${made} steps made, step ${last} saved`);
  return `${made} steps made, step ${last} saved, nothing left`;
};

export const attacks = [
  disturbed(
    'one of two is killed',
    'the other saves, and nothing is left',
    (_, replicas) => process.kill(replicas[1], 'SIGKILL'),
    saved(1, /RIFE_ERR_PARALLEL_DIED/),
  ),
  disturbed(
    'one of two is frozen',
    'the run stops after replicaTimeout, the other saves, and nothing is left',
    (_, replicas) => process.kill(replicas[1], 'SIGSTOP'),
    saved(1, /RIFE_ERR_PARALLEL_STUCK/),
  ),
  disturbed(
    'the command is killed',
    'nothing is left',
    pid => process.kill(pid, 'SIGKILL'),
    () => 'nothing left',
  ),
  disturbed(
    'a replica is frozen, then the command is killed',
    'nothing is left',
    (pid, replicas) => {
      process.kill(replicas[0], 'SIGSTOP');
      process.kill(pid, 'SIGKILL');
    },
    () => 'nothing left',
  ),
  {
    name: 'a timer of a plugin throws on every replica at once',
    expected: 'an error that names the plugin, and a checkpoint',
    async run({folder, rife}) {
      const late = "setTimeout(() => { throw new Error('late'); }, 1);";
      const apply = `${slow} hooks.afterStep.tap('x', ({progress}) => { if (progress.step === 2) ${late} });`;
      writeConfig(folder, {}, apply);
      const {stderr, code} = await rife(TWO, PATIENT);
      check(code === 2 && stderr.includes('"attack:plugin"'), `exit code ${code} ${stderr.slice(0, 300)}`);
      check(savedSteps(folder).at(-1) >= 3, `checkpoints ${savedSteps(folder)}`);
      return `checkpoint of step ${savedSteps(folder).at(-1)}`;
    },
  },
  {
    name: 'two runs of two replicas at once',
    expected: 'both finish, with the same numbers',
    async run({folder, startRife}) {
      writeConfig(folder, {steps: 3});
      const runs = ['a', 'b'].map(out => startRife([...TWO, '--out', out], PATIENT).ended);
      for (const {code, stderr} of await Promise.all(runs)) check(code === 0, `exit code ${code} ${stderr}`);
      const losses = out =>
        readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
          .match(/"loss":[^,]+/g)
          .join(' ');
      check(losses('a') === losses('b'), `${losses('a')} and ${losses('b')}`);
      return 'the same losses';
    },
  },
  {
    name: 'a configuration that is another one each time',
    expected: 'seed and out of the command are used; another option is named',
    async run({folder, rife}) {
      const config = change => `import base from './base.mjs';
export default {...base, steps: 1, out: 'run-' + process.pid, seed: Math.floor(Math.random() * 1e6), ${change}};`;
      writeConfig(folder);
      write(join(folder, 'base.mjs'), readFileSync(join(folder, 'rife.config.mjs'), 'utf8'));
      write(join(folder, 'rife.config.mjs'), config(''));
      const one = await rife(TWO, PATIENT);
      check(one.code === 0, `exit code ${one.code} ${one.stderr.slice(0, 300)}`);
      check(readdirSync(folder).filter(name => /^run-/.test(name)).length === 1, 'several folders');
      write(join(folder, 'rife.config.mjs'), config('saveEvery: process.pid'));
      const two = await rife(TWO, PATIENT);
      check(
        two.code === 2 && two.stderr.includes('"saveEvery"'),
        `exit code ${two.code} ${two.stderr.slice(0, 300)}`,
      );
      return 'one folder; saveEvery is named';
    },
  },
];

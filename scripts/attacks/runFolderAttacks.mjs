/** The folder of a run: two writers, dead owners, kills, a folder that goes away. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {
  bitsOf,
  checkEnd,
  checkSteps,
  isEqual,
  leftovers,
  stepsIn,
  patiently,
  until,
  waitsAt,
  writeConfig,
} from './runs.mjs';
import {check, codeIn, signalGroup} from './tools.mjs';

export const topic = 'run folder';

export const attacks = patiently([
  {
    name: 'two new runs in one folder at the same moment',
    expected: 'one trains, the other is refused; the run can be resumed',
    async run({folder, rife}) {
      writeConfig(folder);
      const both = await Promise.all([rife(['train']), rife(['train'])]);
      const codes = both.map(({code}) => code).sort();
      check(isEqual(codes, [0, 2]), `exit codes ${codes}`);
      const refused = codeIn(both.find(({code}) => code === 2).stderr);
      const run = join(folder, 'run');
      checkSteps(run, 6);
      checkEnd(await rife(['train', '--resume', '--steps', '7']), 'resume');
      checkSteps(run, 7);
      return `${refused}; resumed to step 7`;
    },
  },
  {
    name: '--fresh, --resume and a failing start beside a run',
    expected: 'refused; the run does not notice',
    async run({folder, rife, startRife}) {
      writeConfig(folder, 'plugins: [waits],', waitsAt(3));
      const first = startRife(['train']);
      await until(() => existsSync(join(folder, 'waiting')), 'the run');
      const named = () => readFileSync(join(folder, 'run/checkpoints/run'), 'utf8');
      const before = named();
      const codes = [];
      for (const how of [['--fresh'], ['--resume'], ['--extend', '3'], [], ['--set', 'data.root=gone']])
        codes.push(codeIn((await rife(['train', ...how])).stderr));
      check(named() === before, 'the name of the run was replaced');
      writeFileSync(join(folder, 'go'), '');
      checkEnd(await first.ended, 'the first run');
      checkSteps(join(folder, 'run'), 6);
      const runs = readdirSync(folder).filter(name => name.startsWith('run'));
      check(isEqual(runs, ['run']), `there are ${runs}`);
      return [...new Set(codes)].join(', ');
    },
  },
  {
    name: 'locks of dead owners: number reused, before a restart, from the future',
    expected: 'none holds for ever',
    async run({folder, rife}) {
      writeConfig(folder, 'steps: 1,');
      checkEnd(await rife(['train']), 'train');
      const lock = join(folder, 'run/.rife-train.lock');
      const owner = {token: 'x', command: 'train', host: hostname(), pid: process.pid, since: 'then'};
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const pids = readlinkSync('/proc/self/ns/pid');
      const claims = async (content, at) => {
        writeFileSync(lock, content);
        if (at) utimesSync(lock, at, at);
        return rife(['train', '--resume']);
      };
      const now = Date.now() / 1000;
      checkEnd(await claims(JSON.stringify({...owner, boot, pids, started: '1'})), 'number reused');
      checkEnd(await claims(JSON.stringify({...owner, boot: 'before'}), 1), 'before a restart');
      checkEnd(await claims('{"tok', now - 200), 'a torn lock');
      const other = JSON.stringify({...owner, host: 'elsewhere'});
      const refused = await claims(other, now + 1e6);
      check(/this command works in 1\d\d s/.test(refused.stderr), refused.stderr);
      const at = statSync(lock).mtimeMs / 1000 - 121;
      utimesSync(lock, at, at);
      checkEnd(await rife(['train', '--resume']), 'from the future');
      return 'taken over; one of the future after two minutes';
    },
  },
  {
    name: 'kill -9 at random moments, resumed each time',
    expected: 'the bits of the run that was not interrupted, and nothing left over',
    async run({folder, rife, startRife}) {
      const bad = `const bad = definePlugin({name: 'test:bad', apply({hooks}) {
        hooks.beforeUpdate.tap('bad', ({batches}) => (batches[0] === 4 ? 'rollback' : undefined));
      }});`;
      writeConfig(folder, 'steps: 10, validateEvery: 3, plugins: [bad],', bad);
      checkEnd(await rife(['train', '--out', 'whole']), 'train');
      let kills = 0;
      for (; kills < 5; kills++) {
        const {child, ended} = startRife(['train', existsSync(join(folder, 'run')) ? '--resume' : '--fresh']);
        const metrics = join(folder, 'run/metrics.jsonl');
        await until(() => existsSync(metrics) || child.exitCode !== null, 'metrics');
        await new Promise(resolve => setTimeout(resolve, 2000 * Math.random()));
        signalGroup(child, 'SIGKILL');
        await ended;
      }
      checkEnd(await rife(['train', '--resume']), 'resume');
      check(bitsOf(join(folder, 'run')) === bitsOf(join(folder, 'whole')), 'other bits');
      check(leftovers(join(folder, 'run')).length === 0, `left over: ${leftovers(join(folder, 'run'))}`);
      return `the same bits after ${kills} kills`;
    },
  },
  {
    name: 'the folder is removed, or renamed, while the run writes it',
    expected: 'it is reported at the next save, nothing that is trained later is lost',
    async run({folder, rife, startRife}) {
      const seen = [];
      for (const remove of [run => rmSync(run, {recursive: true}), run => renameSync(run, `${run}.away`)]) {
        for (const name of ['go', 'waiting']) rmSync(join(folder, name), {force: true});
        rmSync(join(folder, 'run'), {recursive: true, force: true});
        writeConfig(folder, 'plugins: [waits],', waitsAt(3));
        const {ended} = startRife(['train']);
        await until(() => existsSync(join(folder, 'waiting')), 'the run');
        remove(join(folder, 'run'));
        writeFileSync(join(folder, 'go'), '');
        const result = await ended;
        checkEnd(result, 'the run');
        check(/was removed or renamed while/.test(result.stdout), 'it was not reported');
        checkEnd(await rife(['train', '--resume', '--steps', '7']), 'resume');
        seen.push(stepsIn(join(folder, 'run')).join());
      }
      return `steps afterwards: ${seen.join(' and ')}`;
    },
  },
  {
    name: 'a flight record after a kill',
    expected: 'the same names as without the kill',
    async run({folder, rife}) {
      writeConfig(
        folder,
        'saveEvery: 50, plugins: [harmful],',
        `import * as tf from '@tensorflow/tfjs-core';
const harmful = definePlugin({name: 'test:harmful', apply({hooks}) {
  const value = ({step}) => (step === 2 ? -1 : 1);
  hooks.beforeStep.tap('x', ({progress}) => {
    if (progress.step !== 4 || existsSync('killed')) return;
    writeFileSync('killed', '');
    process.kill(process.pid, 'SIGKILL');
  });
  hooks.afterLoss.tap('x', ({terms, weights}, trace) => ({
    terms: {...terms, root: tf.sqrt(tf.mul(terms.teacher, trace.scalar('harmful.sign', value)))},
    weights: {...weights, root: 0.1},
  }));
}});`,
      );
      writeFileSync(join(folder, 'killed'), '');
      checkEnd(await rife(['train', '--out', 'whole']), 'train');
      rmSync(join(folder, 'killed'));
      await rife(['train']);
      checkEnd(await rife(['train', '--resume']), 'resume');
      const names = run =>
        readdirSync(join(folder, run, 'flight'))
          .sort()
          .join();
      check(names('run') === names('whole'), `${names('run')} instead of ${names('whole')}`);
      return names('run');
    },
  },
]);

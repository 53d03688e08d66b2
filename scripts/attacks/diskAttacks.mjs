/** Disks that fail and recover, large files, large numbers. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {
  checkEnd,
  checkSteps,
  leftovers,
  linesIn,
  patiently,
  rewrite,
  stepFolder,
  until,
  waitsAt,
  withPreload,
  writeConfig,
} from './runs.mjs';
import {check, codeIn} from './tools.mjs';

export const topic = 'disk';

export const attacks = patiently([
  {
    name: 'a disk that is short once',
    expected: 'the save is tried again, and leaves nothing that takes the room of the next',
    async run({folder, rife}) {
      writeConfig(folder);
      const env = withPreload(
        folder,
        `const open = disk.open; let failed = false;
disk.open = (file, ...rest) => {
  if (failed || !String(file).includes('.new-step-00000002/state.json')) return open(file, ...rest);
  failed = true;
  return Promise.reject(failure('ENOSPC'));
};
const mkdir = disk.mkdir;
disk.mkdir = async (file, ...rest) => {
  // No room for a second aside.
  const beside = String(file).includes('.new-') ? fs.readdirSync('run/checkpoints').filter(n => n.startsWith('.new-')) : [];
  if (beside.length > 0) throw failure('ENOSPC');
  return mkdir(file, ...rest);
};`,
      );
      const result = await rife(['train'], {env});
      checkEnd(result, 'train');
      check(/ENOSPC.*The run goes on/s.test(result.stdout), 'no save failed');
      const names = readdirSync(join(folder, 'run/checkpoints')).sort();
      check(names.includes(stepFolder(4)) && names.includes(stepFolder(6)), `there are ${names}`);
      check(leftovers(join(folder, 'run')).length === 0, `left over: ${leftovers(join(folder, 'run'))}`);
      return 'saved at the next checkpoint';
    },
  },
  {
    name: 'a disk that turns read-only in mid-run, and recovers',
    expected: 'the run goes on, and no line or step is lost',
    async run({folder, rife}) {
      writeConfig(
        folder,
        'steps: 8, plugins: [ro],',
        `const ro = definePlugin({name: 'test:ro', apply({hooks}) {
          hooks.beforeStep.tap('ro', ({progress: {step}}) => { globalThis.isReadOnly = step >= 3 && step < 6; });
        }});`,
      );
      const env = withPreload(
        folder,
        `for (const [object, names] of [
  [disk, ['mkdir', 'rename', 'rm', 'link', 'copyFile']],
  [fs, ['writeSync', 'appendFileSync', 'writeFileSync', 'renameSync', 'ftruncateSync']],
])
  for (const name of names) {
    const real = object[name];
    object[name] = (...args) => {
      if (!globalThis.isReadOnly || args[0] === 1 || args[0] === 2) return real(...args);
      if (object === disk) return Promise.reject(failure('EROFS'));
      throw failure('EROFS');
    };
  }`,
      );
      const result = await rife(['train'], {env});
      checkEnd(result, 'train');
      check(/EROFS/.test(result.stdout), 'the disk was never read-only');
      checkSteps(join(folder, 'run'), 8);
      check(leftovers(join(folder, 'run')).length === 0, 'left over');
      return 'reported; metrics.jsonl is whole';
    },
  },
  {
    name: 'a file system without hard links',
    expected: 'the best is kept as a copy, the lock holds',
    async run({folder, rife, startRife}) {
      writeConfig(folder, 'validateEvery: 2, plugins: [waits],', waitsAt(3));
      const env = withPreload(
        folder,
        `disk.link = () => Promise.reject(failure('EPERM')); fs.linkSync = () => { throw failure('EPERM'); };`,
      );
      const {ended} = startRife(['train'], {env});
      await until(() => existsSync(join(folder, 'waiting')), 'the run');
      const code = codeIn((await rife(['train', '--resume'], {env})).stderr);
      check(code === 'RIFE_ERR_CLI_IN_USE', `a second run got ${code}`);
      writeFileSync(join(folder, 'go'), '');
      checkEnd(await ended, 'train');
      const weights = statSync(join(folder, 'run/checkpoints/best/weights.safetensors'));
      check(weights.nlink === 1, 'it was linked');
      return `best is a copy; ${code}`;
    },
  },
  {
    name: 'metrics of 10 GB, and one that lost its end, at a resume',
    expected: 'not read whole',
    async run({folder, rife}) {
      writeConfig(folder);
      checkEnd(await rife(['train']), 'train');
      const [run, metrics] = [join(folder, 'run'), join(folder, 'run/metrics.jsonl')];
      const state = join(run, 'checkpoints', stepFolder(6), 'state.json');
      const {size} = statSync(metrics);
      truncateSync(metrics, 10e9);
      const env = {NODE_OPTIONS: '--max-old-space-size=200'};
      checkEnd(await rife(['train', '--resume', '--steps', '7'], {env}), 'more than recorded');
      checkSteps(run, 7);
      rmSync(join(run, 'checkpoints', stepFolder(7)), {recursive: true});
      rewrite(state, content => void (content.metrics.bytes = 2e10));
      truncateSync(metrics, size);
      truncateSync(metrics, 10e9);
      const result = await rife(['train', '--resume', '--steps', '7'], {env});
      checkEnd(result, 'less than recorded');
      check(/lines of steps before 6 are missing/.test(result.stdout), 'it was not reported');
      checkSteps(run, 7);
      return 'cut after its last whole line, with 200 MB of memory';
    },
  },
  {
    name: 'steps beyond 2^32, a seed beyond 2^53',
    expected: 'trained and resumed; refused',
    async run({folder, rife}) {
      writeConfig(folder, 'steps: 2,');
      checkEnd(await rife(['train']), 'train');
      const checkpoints = join(folder, 'run/checkpoints');
      const far = 2 ** 32 + 6;
      const state = join(checkpoints, stepFolder(2), 'state.json');
      rewrite(state, content => {
        Object.assign(content, {step: far, updates: far, dataIndex: far, returnTo: far});
        Object.assign(content.config, {steps: 2 * far});
        Object.assign(content.schedule, {steps: 2 * far});
      });
      renameSync(join(checkpoints, stepFolder(2)), join(checkpoints, stepFolder(far)));
      writeFileSync(join(checkpoints, 'latest'), `${stepFolder(far)}\n`);
      const result = await rife(['train', '--resume', '--steps', String(far + 2)]);
      checkEnd(result, 'resume');
      const newest = readFileSync(join(checkpoints, 'latest'), 'utf8').trim();
      check(newest === `step-${far + 2}`, `newest is ${newest}`);
      const seed = await rife(['train', '--fresh', '--seed', '9007199254740993']);
      check(seed.code === 2 && /seed/.test(seed.stderr), `seed: ${seed.stderr.slice(0, 200)}`);
      check(linesIn(join(folder, 'run/metrics.jsonl')).at(-1).step === far + 1, 'metrics');
      return `${newest}; ${codeIn(seed.stderr)}`;
    },
  },
]);

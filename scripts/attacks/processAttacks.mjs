/** Outputs that close, signals, and plugins that disturb the process of a run. */
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {checkNamesPlugin, savedSteps, shows, trainedSteps, writeConfig} from './smallRun.mjs';
import {check} from './tools.mjs';

export const topic = 'process';

/** Loading TensorFlow takes minutes on a machine that is busy otherwise. */
const PATIENT = {timeoutMs: 600_000};

/** A run that its plugin must not end in silence, raw, or without a checkpoint. */
const disturbance = (name, apply, {steps = 3, changes = {}} = {}) => ({
  name,
  expected: `an error that names the plugin, and the weights of step ${steps} are saved`,
  async run({folder, rife}) {
    writeConfig(folder, changes, apply);
    const result = await rife(['train'], PATIENT);
    check(!result.timedOut, 'it did not end');
    checkNamesPlugin(result);
    const last = savedSteps(folder).at(-1);
    check(last >= steps, `checkpoint of step ${last}`);
    return `${/RIFE_ERR_\w+/.exec(result.stderr)[0]}, checkpoint of step ${last}`;
  },
});

/** A thing to do in `beforeStep` of the fourth step. */
const atStep3 = what =>
  `hooks.beforeStep.tap('x', ({progress}) => { if (progress.step === 3) { ${what} } });`;
const afterStep2 = what =>
  `hooks.afterStep.tap('x', metrics => { if (metrics.progress.step === 2) { ${what} } });`;
/** Keeps the run going until something that was started has happened. */
const slow = "hooks.beforeStep.tapPromise('wait', () => new Promise(resolve => setTimeout(resolve, 100)));";

const closes = (name, streams) => ({
  name,
  expected: 'the run goes on to its last step',
  async run({folder, startRife}) {
    writeConfig(folder, {steps: 12}, slow);
    const run = startRife(['train'], PATIENT);
    await shows(run, /./);
    for (const stream of streams) run.child[stream].destroy();
    const {code, timedOut} = await run.ended;
    check(!timedOut && code === 0, `exit code ${code}`);
    check(savedSteps(folder).at(-1) === 12, `checkpoints ${savedSteps(folder)}`);
    return 'finished, saved';
  },
});

const signalled = (signal, code) => ({
  name: `${signal} during a run`,
  expected: 'a checkpoint of the step that was reached',
  async run({folder, startRife}) {
    writeConfig(folder, {steps: 500}, slow);
    const run = startRife(['train'], PATIENT);
    await shows(run, /^step +\d+\/500/m);
    process.kill(run.child.pid, signal);
    const ended = await run.ended;
    const [made, saved] = [trainedSteps(folder), savedSteps(folder).at(-1)];
    check(ended.code === code, `exit code ${ended.code}`);
    check(made === saved, `${made} steps made, step ${saved} saved`);
    return `${made} steps made, step ${saved} saved`;
  },
});

/** Inodes of the sockets of a process that are in the tables of TCP and UDP, with their lines. */
function networkSockets(pid) {
  const inodes = new Set();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].flatMap(table =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .filter(line => inodes.has(line.trim().split(/\s+/)[9]))
      .map(line => `${table} ${line.trim()}`),
  );
}

/** A process and its descendants. */
function family(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return [pid, ...children.flatMap(child => family(Number(child)))];
}

export const attacks = [
  closes('standard output is closed, as by "| head -1"', ['stdout']),
  closes('both outputs are closed', ['stdout', 'stderr']),
  signalled('SIGHUP', 129),
  signalled('SIGTERM', 143),
  disturbance(
    'a floating rejection of a plugin',
    `${slow} ${atStep3("Promise.reject(new Error('afloat'));")}`,
  ),
  disturbance(
    'a timer of a plugin throws',
    `${slow} ${atStep3("setTimeout(() => { throw new Error('late'); }, 1);")}`,
  ),
  disturbance(
    'a timer that apply() started throws',
    `${slow} let step = 0; hooks.afterStep.tap('x', () => { step += 1; });
    const timer = setInterval(() => { if (step >= 3) { clearInterval(timer); throw new Error('late'); } }, 5);`,
  ),
  disturbance('process.exit(0) in a tap', afterStep2('process.exit(0);')),
  disturbance('process.exit() in a timer', `${slow} ${atStep3('setTimeout(() => process.exit(), 1);')}`),
  disturbance('a BigInt in logs', afterStep2("metrics.logs['attack/x'] = 5n;")),
  disturbance('a text in logs', afterStep2("metrics.logs['attack/x'] = 'much';")),
  disturbance('a cycle in logs', afterStep2("metrics.logs['attack/x'] = metrics;")),
  disturbance('an object without toString is thrown', afterStep2('throw Object.create(null);')),
  disturbance('a symbol is thrown', afterStep2("throw Symbol('x');")),
  disturbance('undefined is thrown', afterStep2('throw undefined;')),
  disturbance(
    'a late object without toString',
    `${slow} ${atStep3('setTimeout(() => { throw Object.create(null); }, 1);')}`,
  ),
  disturbance('a score that is a text', "hooks.validate.tap('x', ({scores}) => { scores.psnr = 'good'; });", {
    changes: {validateEvery: 3, validateTriplets: 1},
  }),
  disturbance('a score that is a BigInt', "hooks.validate.tap('x', ({scores}) => { scores.mine = 5n; });", {
    changes: {validateEvery: 3, validateTriplets: 1},
  }),
  {
    name: 'a score that is NaN',
    expected: 'it is logged, and is never the best',
    async run({folder, rife}) {
      writeConfig(
        folder,
        {validateEvery: 3, validateTriplets: 1},
        "hooks.validate.tap('x', ({scores}) => { scores.psnr = NaN; });",
      );
      const {code, stdout} = await rife(['train'], PATIENT);
      check(code === 0, `exit code ${code}`);
      check(!/the best so far/.test(stdout), 'it is the best');
      return 'not the best';
    },
  },
  {
    name: 'a run opens a socket, listens, or asks a name server',
    expected: 'no socket of the Internet at any moment',
    async run({folder, startRife}) {
      writeConfig(folder, {steps: 4, previewEvery: 2, validateEvery: 2, validateTriplets: 1}, slow);
      const run = startRife(['train', '--devices', '2'], PATIENT);
      const found = new Set();
      let looks = 0;
      const timer = setInterval(() => {
        try {
          for (const pid of family(run.child.pid)) for (const line of networkSockets(pid)) found.add(line);
          looks += 1;
        } catch {
          // A process ended meanwhile.
        }
      }, 20);
      const {code} = await run.ended;
      clearInterval(timer);
      check(code === 0 && looks > 50, `exit code ${code}, ${looks} looks`);
      check(found.size === 0, [...found].join('; '));
      return `${looks} looks, no socket`;
    },
  },
];

/**
 * Processes on loopback that replace a variable by its mean over all of them, by TensorFlow's own
 * collectives over gRPC.
 *
 *     node bench/collectives/run.mjs --tasks 2 --floats 10700000 --rounds 10 --hint ring
 *
 * Needs a C++ compiler, and an engine that was installed with its headers (docs/engine.md).
 * docs/collectives.md says what it is for.
 */
import '../../scripts/freshDist.mjs';
import {fork, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {ensureRuntime} from '@rife-train/engine/runtime';
import {fail, median, wholeNumber} from '../lib/numbers.mjs';
import {serverDef, sessionConfig} from './messages.mjs';

const require = createRequire(import.meta.url);
const SELF = fileURLToPath(import.meta.url);

/** The engine's own compiler command, for another addon with the same libraries. */
async function compile(output) {
  const libraries = dirname((await ensureRuntime({allowInstall: false})).binding);
  const headers = join(libraries, 'include');
  if (!existsSync(headers)) throw new Error(`${libraries} has no headers of TensorFlow beside it`);
  const nodeApi = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const {status, stderr} = spawnSync(process.env.CXX ?? 'g++', [
    ...[
      '-std=c++17',
      '-O2',
      '-pthread',
      '-fPIC',
      '-shared',
      '-DNAPI_VERSION=8',
      `-I${nodeApi}`,
      `-I${headers}`,
    ],
    join(dirname(SELF), 'collectives.cc'),
    ...[
      `-L${libraries}`,
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
      `-Wl,-rpath,${libraries}`,
    ],
    ...['-o', output],
  ]);
  if (status !== 0) throw new Error(`the addon did not compile: ${stderr}`);
}

/** Free ports; another process may take one before TensorFlow does. */
async function freePorts(count) {
  const servers = Array.from({length: count}, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => new Promise(resolve => server.once('listening', resolve))));
  const ports = servers.map(server => server.address().port);
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}

/** Work of a child: one task of the cluster. */
function serve() {
  process.once('message', ({addon, addresses, rank, floats, rounds, hint}) => {
    const native = require(addon);
    native.open(serverDef(addresses, rank), sessionConfig(), rank, addresses.length, floats, hint);
    const results = Array.from({length: rounds}, () => native.reduce());
    // A server that ends aborts the step of every task still computing: the parent ends all.
    process.send(results);
  });
  process.on('disconnect', () => process.exit());
}

function startTask(job) {
  const child = fork(SELF, ['--child'], {env: {TF_CPP_MIN_LOG_LEVEL: '3', ...process.env}});
  child.send(job);
  const results = new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code, signal) => reject(new Error(`task ${job.rank} ended with ${signal ?? code}`)));
  });
  return {child, results};
}

async function main(values) {
  const [tasks, floats, rounds] = ['tasks', 'floats', 'rounds'].map(name => wholeNumber(name, values[name]));
  const folder = mkdtempSync(join(tmpdir(), 'rife-collectives-'));
  const addon = join(folder, 'collectives.node');
  const started = [];
  try {
    await compile(addon);
    const addresses = (await freePorts(tasks)).map(port => `127.0.0.1:${port}`);
    const job = {addon, addresses, floats, rounds, hint: values.hint};
    for (let rank = 0; rank < tasks; rank++) started.push(startTask({...job, rank}));
    const results = await Promise.all(started.map(task => task.results));
    const mean = (tasks + 1) / 2;
    for (const [, smallest, largest] of results.flat())
      if (smallest !== mean || largest !== mean)
        throw new Error(`values from ${smallest} to ${largest}, expected ${mean}`);
    // A round takes as long as its slowest task; the first one sets up the group.
    const ms = Array.from({length: rounds}, (_, round) => Math.max(...results.map(all => all[round][0])));
    const rest = rounds > 1 ? median(ms.slice(1)) : ms[0];
    console.log(JSON.stringify({tasks, floats, hint: values.hint, firstMs: ms[0], medianMs: rest, ms}));
  } finally {
    for (const {child} of started) child.kill('SIGKILL');
    rmSync(folder, {recursive: true});
  }
}

const {values} = parseArgs({
  options: {
    tasks: {type: 'string', default: '2'},
    floats: {type: 'string', default: '10700000'},
    rounds: {type: 'string', default: '10'},
    hint: {type: 'string', default: 'auto'},
    child: {type: 'boolean', default: false},
  },
});
if (values.child) serve();
else main(values).catch(fail);

/**
 * One run: threads that each load, trace, train and dispose at once. Prints its peak memory; any
 * error is an exit code.
 *
 *     node scripts/threads/process.mjs --threads 4 --seed 1 [--rounds 1] [--steps 2]
 */
import {isMainThread, parentPort, Worker, workerData} from 'node:worker_threads';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

/** A generator of whole numbers below `limit`, the same for the same seed. */
function randomNumbers(seed) {
  let state = (seed * 2654435761 + 1) >>> 0;
  return limit => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/**
 * Threads meet before each part, so that all do the same at the same moment; with an odd seed each
 * waits for a random time instead.
 */
function meeting({seed, own, threads, shared}) {
  const random = randomNumbers(seed * 64 + own);
  const [arrived, generation] = [0, 1];
  const counts = new Int32Array(shared);
  if (seed % 2) return () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, random(60));
  return () => {
    const now = Atomics.load(counts, generation);
    if (Atomics.add(counts, arrived, 1) + 1 < threads) return void Atomics.wait(counts, generation, now);
    Atomics.store(counts, arrived, 0);
    Atomics.add(counts, generation, 1);
    Atomics.notify(counts, generation);
  };
}

async function inThread() {
  const {work} = await import('./program.mjs');
  const losses = await work({...workerData, meet: meeting(workerData)});
  parentPort.postMessage(losses);
}

function startThread(data) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), {workerData: data});
    let losses;
    worker.on('message', message => (losses = message));
    worker.on('error', reject);
    worker.on('exit', code =>
      losses ? resolve(losses) : reject(new Error(`thread ${data.own} ended with ${code} and no result`)),
    );
  });
}

/** Seeded order, so that it is not always the first thread that starts first. */
function shuffled(items, random) {
  const rest = [...items];
  return items.map(() => rest.splice(random(rest.length), 1)[0]);
}

async function main() {
  const options = {threads: '4', seed: '1', rounds: '1', steps: '2'};
  const {values} = parseArgs({
    options: Object.fromEntries(
      Object.entries(options).map(([name, value]) => [name, {type: 'string', default: value}]),
    ),
  });
  const [threads, seed, rounds, steps] = Object.keys(options).map(name => Number(values[name]));
  const shared = new SharedArrayBuffer(8);
  const numbers = Array.from({length: threads}, (_, i) => i);
  const order = shuffled(numbers, randomNumbers(seed));
  const results = await Promise.all(
    order.map(own => startThread({own, threads, seed, rounds, steps, shared})),
  );
  const [first] = results;
  if (first.length !== 2 * rounds * steps || !first.every(Number.isFinite))
    throw new Error(`losses: ${first}`);
  for (const losses of results)
    losses.forEach((loss, i) => {
      if (Math.abs(loss - first[i]) > 1e-4 * Math.abs(first[i]))
        throw new Error(`the same network has the loss ${loss} in one thread, ${first[i]} in another`);
    });
  console.log(JSON.stringify({peakRssBytes: process.resourceUsage().maxRSS * 1024}));
}

await (isMainThread ? main() : inThread());

/**
 * Threads that do nothing but eager ops with attributes whose names nobody used before: the binding
 * keeps names in a set, and this is what breaks one that several threads share without a lock. The
 * process dies of a set that is not guarded; it must not.
 *
 *     node scripts/threads/attributes.mjs --threads 4 --ops 500
 */
import {isMainThread, Worker, workerData} from 'node:worker_threads';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {loadRuntime} from '@rife-train/engine/runtime';

const NAMES_PER_OP = 100;
/** Successive names are neighbours in the set, so that all threads change the same end of it. */
const nextName = counter => `name ${String(Atomics.add(counter, 0, 1)).padStart(12, '0')} of no attribute`;

/** TensorFlow rejects a Cast without a target type, after the binding has stored the names. */
function ask(binding, input, names) {
  const attributes = names.map(name => ({name, type: binding.TF_ATTR_INT, value: 1}));
  try {
    binding.executeOp('Cast', attributes, [input], 1);
  } catch {
    return;
  }
  throw new Error('TensorFlow accepted attributes that do not exist');
}

async function inThread({shared, ops}) {
  const counter = new Int32Array(shared);
  const {binding} = await loadRuntime({allowInstall: false});
  const input = binding.createTensor([1], binding.TF_FLOAT, Float32Array.of(1));
  for (let op = 0; op < ops; op++)
    ask(
      binding,
      input,
      Array.from({length: NAMES_PER_OP}, () => nextName(counter)),
    );
  binding.deleteTensor(input);
}

function main() {
  const {values} = parseArgs({
    options: {threads: {type: 'string', default: '4'}, ops: {type: 'string', default: '500'}},
  });
  const shared = new SharedArrayBuffer(4);
  for (let own = 0; own < Number(values.threads); own++)
    new Worker(fileURLToPath(import.meta.url), {workerData: {shared, ops: Number(values.ops)}});
}

await (isMainThread ? main() : inThread(workerData));

/**
 * Finds the native TensorFlow runtime, or installs and builds it. setup.mjs runs it once the
 * packages are built, with the number of this step and the total. `--plan` prints what is to be
 * done, if anything, and does nothing.
 */
import {runMain, ScriptError} from './run.mjs';
import {createStatus} from './status.mjs';

async function prepare({ensureRuntime}, number, total) {
  const status = createStatus('setup: ');
  const isAnnounced = number <= total;
  let title = `step ${number} of ${Math.max(number, total)}: `;
  const log = line => {
    status.say(title + line);
    title = '';
  };
  try {
    const {binding, tensorflow} = await ensureRuntime({log, progress: status.show});
    if (isAnnounced && title)
      log(`TensorFlow${tensorflow ? ` ${tensorflow}` : ''} is installed already: ${binding}`);
  } finally {
    if (!title) status.clear();
  }
}

await runMain(async args => {
  const engine = await import('@rife-train/engine/runtime');
  try {
    if (args[0] === '--plan') process.stdout.write((await engine.planRuntime()) ?? '');
    else await prepare(engine, Number(args[0]), Number(args[1]));
  } catch (error) {
    // A coded error needs no stack; any other error does.
    if (!/^RIFE_ERR_/.test(error?.code ?? '')) throw error;
    throw new ScriptError(error.message, `the above; docs/errors/engine.md has more on ${error.code}`);
  }
});

/** Finds the native TensorFlow runtime, or installs and builds it. Run by setup.mjs once the packages are built. */
import {runMain, ScriptError} from './run.mjs';

await runMain(async () => {
  const {ensureRuntime} = await import('@rife-train/engine/runtime');
  try {
    await ensureRuntime({log: line => console.log(`setup: ${line}`), allowInstall: true});
  } catch (error) {
    // A coded error says all that is to be said; the stack of anything else is wanted.
    if (!/^RIFE_ERR_/.test(error?.code ?? '')) throw error;
    throw new ScriptError(error.message, `the above; docs/errors/engine.md has more on ${error.code}`);
  }
});

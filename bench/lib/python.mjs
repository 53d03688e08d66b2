/** A Python that has PyTorch: the one named by RIFE_TWIN_PYTHON, else python3 on the PATH. */
import {spawnSync} from 'node:child_process';

/** @returns {{python: string, torch: string} | {missing: string}} */
export function findTorch(env = process.env) {
  const python = env.RIFE_TWIN_PYTHON || 'python3';
  const asked = spawnSync(python, ['-c', 'import torch, numpy; print(torch.__version__)'], {
    encoding: 'utf8',
  });
  if (asked.status === 0) return {python, torch: asked.stdout.trim()};
  const why = asked.error?.message ?? asked.stderr.trim().split('\n').at(-1);
  return {
    missing:
      `No PyTorch: "${python}" says ${why}. Its columns are left out. ` +
      'Install torch and numpy, or name a Python that has them in RIFE_TWIN_PYTHON.',
  };
}

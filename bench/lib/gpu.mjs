/** GPUs, as NVIDIA's driver tells of them. */
import {spawnSync} from 'node:child_process';

const ask = args => {
  const {status, stdout} = spawnSync('nvidia-smi', args, {encoding: 'utf8', timeout: 20_000});
  return status === 0 ? stdout.trim().split('\n') : [];
};

/** A line for each GPU: `GPU 0: NVIDIA H200 (UUID: ...)`. */
export const gpuLines = () => ask(['-L']).filter(line => /^GPU \d/.test(line));

/** Memory in use of the first visible GPU, by all processes; nothing where there is none. */
export function gpuBytes(env = process.env) {
  const [id = '0'] = (env.CUDA_VISIBLE_DEVICES ?? '0').split(',');
  const [mib] = ask(['-i', id, '--query-gpu=memory.used', '--format=csv,noheader,nounits']);
  return mib === undefined ? {} : {gpuUsedBytes: Number(mib) * 2 ** 20};
}

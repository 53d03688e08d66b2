import {readFileSync} from 'node:fs';

/** Values of ONEDNN_MAX_CPU_ISA that leave AVX-512 in. */
const WITH_AVX512 = /^(ALL|DEFAULT)$|AVX512|AVX10/i;

/**
 * Why TensorFlow has no right bfloat16 kernels of convolutions in this process, for a test to print
 * where it leaves them out; undefined if it has. oneDNN refuses bfloat16 without AVX-512, and
 * without oneDNN TensorFlow adds filter gradients in bfloat16.
 */
export function missingBfloat16Kernels(env = process.env): string | undefined {
  if (!/^flags\s*:.*\bavx512bw\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')))
    return 'this processor has no AVX-512';
  const most = env['ONEDNN_MAX_CPU_ISA'] ?? 'ALL';
  if (!WITH_AVX512.test(most)) return `oneDNN is limited to ${most}`;
  return env['TF_ENABLE_ONEDNN_OPTS'] === '0' ? 'oneDNN is switched off' : undefined;
}

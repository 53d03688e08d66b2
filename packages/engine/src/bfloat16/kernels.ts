/** How convolutions with `precision: 'bf16'` are computed on this machine. */
import {readFileSync} from 'node:fs';

/**
 * `kernels`: TensorFlow's own bfloat16 kernels. `rounded`: values are rounded to bfloat16, and
 * float32 kernels multiply them. Both round the same numbers and add in float32.
 */
export type Bfloat16Way = 'kernels' | 'rounded';

/** The way, and what the user should know of it. */
export interface Bfloat16Choice {
  way: Bfloat16Way;
  note?: string;
}

/** What {@link chooseBfloat16} decides by. */
export interface Bfloat16Facts {
  isGpu: boolean;
  /** Content of /proc/cpuinfo; '' where there is none. */
  cpuinfo: string;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * TensorFlow's kernels are taken where they are faster: with AMX, and with AVX512_BF16 of AMD. On
 * Intel's processors AVX512_BF16 alone multiplies at half the rate of float32. Without AVX-512
 * oneDNN refuses bfloat16, and without oneDNN TensorFlow adds filter gradients in bfloat16.
 * `RIFE_TRAIN_BF16_KERNELS` (`1`, `0`) decides instead.
 */
export function chooseBfloat16({isGpu, cpuinfo, env}: Bfloat16Facts): Bfloat16Choice {
  const asked = env['RIFE_TRAIN_BF16_KERNELS'];
  if (asked === '1') return {way: 'kernels'};
  if (asked === '0') return {way: 'rounded'};
  if (isGpu) return {way: 'kernels'};
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/) ?? []);
  const isFaster =
    flags.has('amx_bf16') || (flags.has('avx512_bf16') && /^vendor_id\s*:\s*AuthenticAMD$/m.test(cpuinfo));
  if (!isFaster)
    return slower('this processor has neither AMX nor AVX512_BF16 of AMD, so it computes bf16 no faster');
  if (env['TF_ENABLE_ONEDNN_OPTS'] === '0') return slower('oneDNN is switched off (TF_ENABLE_ONEDNN_OPTS)');
  const most = env['ONEDNN_MAX_CPU_ISA'] ?? env['DNNL_MAX_CPU_ISA'] ?? 'ALL';
  if (!/^(ALL|DEFAULT)$|AMX|BF16|FP16/i.test(most))
    return slower(`oneDNN is limited to ${most} (ONEDNN_MAX_CPU_ISA)`);
  return {way: 'kernels'};
}

const slower = (why: string): Bfloat16Choice => ({
  way: 'rounded',
  note: `precision "bf16" saves no time here: ${why}. Values are rounded as bf16, and float32 kernels multiply them`,
});

/**
 * oneDNN has a mode of its own, chosen by the user, in which processors with AMX round the inputs
 * of float32 kernels.
 */
export function modeNote(env: Bfloat16Facts['env']): string | undefined {
  const mode = env['ONEDNN_DEFAULT_FPMATH_MODE'] ?? env['DNNL_DEFAULT_FPMATH_MODE'] ?? '';
  if (mode === '' || /^strict$/i.test(mode)) return undefined;
  return `ONEDNN_DEFAULT_FPMATH_MODE is ${mode}: float32 kernels may round their inputs, and the numbers are not those of float32`;
}

/** {@link chooseBfloat16} for this process. */
export function bfloat16Here(isGpu: boolean): Bfloat16Choice {
  let cpuinfo = '';
  try {
    cpuinfo = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    // Not Linux: the flags of the processor are not known.
  }
  return chooseBfloat16({isGpu, cpuinfo, env: process.env});
}

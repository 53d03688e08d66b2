/** A made-up result: 15 clips with 7 frames each, in three parts. */
import type {EvalResult, FrameResult} from '../result.js';

/** Scores of a frame from its number; different for everybody, and the same each time. */
function frameResult(clip: number, k: number): FrameResult {
  const t = k / 8;
  const motion = 4 + 3 * clip;
  const ease = 4 * Math.abs(t - 0.5) - motion / 12 + Math.sin(clip * 7 + k);
  const scores = (shift: number) => ({
    'psnr-rounded': 30 + ease + shift,
    'ssim-rounded': 0.85 + (ease + shift) / 100,
    flip: 0.1 - (ease + shift) / 200,
  });
  const group = `TEST${String(clip + 1).padStart(2, '0')}`;
  return {
    pair: `${group}/0000-0032`,
    target: `${group}/${String(4 * k).padStart(4, '0')}`,
    group,
    part: `Type${Math.floor(clip / 5) + 1}`,
    ...{t, gap: 16, motion},
    scores: {
      network: scores(1 + Math.sin(3 * clip) / 4),
      against: scores(0.8),
      mean: scores(-6 - clip / 5),
      nearest: scores(-8),
    },
  };
}

export function sampleResult(clips = 15): EvalResult {
  const network = {name: 'rife.safetensors', file: 'models/rife.safetensors', sha256: 'ab12'.repeat(16)};
  return {
    title: 'X-TEST 4K x8',
    identity: {
      command: 'rife-train eval x-test-4k --root /data/X-TEST --weights models/rife.safetensors',
      ...{
        version: '0.1.0',
        set: 'x-test-4k',
        root: '/data/X-TEST',
        files: 'cd34'.repeat(16),
        protocol: 'ema',
      },
      metrics: ['psnr-rounded', 'ssim-rounded', 'flip'],
      network,
      against: {...network, name: 'old.safetensors', file: 'models/old.safetensors'},
      options: {scale: 0.25, tta: false, limit: undefined},
      machine: {node: 'v22.12.0', processor: 'x86_64, 2 cores'},
    },
    protocol: {
      name: 'ema',
      source: 'MCG-NJU/EMA-VFI benchmark/XTest_8X.py',
      metrics: ['psnr-rounded', 'ssim-rounded'],
      facts: ['PSNR rounded to 1/255', 'edges repeated around, to a multiple of 32', 'no TTA'],
      mean: 'frames',
    },
    layout: "XVFI's layout, 15 clips of 33 frames in test/Type1 to Type3",
    missing: [],
    extra: [],
    wholeTargets: 105,
    frames: Array.from({length: clips * 7}, (_, i) => frameResult(Math.floor(i / 7), (i % 7) + 1)),
    cost: {networkSeconds: 123.4, metricSeconds: 45.6, peakBytes: 3 * 2 ** 30},
  };
}

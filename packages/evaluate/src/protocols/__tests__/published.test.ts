import type {MetricName} from '../../metrics/metric';
import type {EvalResult, FrameResult} from '../../report/result';
import {sampleResult} from '../../report/__tests__/sampleResult';
import {comparableScores} from '../comparable';
import {PUBLISHED} from '../published';
import {protocolsOf, PROTOCOLS} from '../table';

const scoreOf = (method: string, set: string, protocol: string) =>
  PUBLISHED.find(own => own.method === method && own.set === set && own.protocol === protocol);

/** Where scores of whole sets lie. */
const PLAUSIBLE: Partial<Record<MetricName, readonly [low: number, high: number]>> = {
  psnr: [22, 42],
  'psnr-rounded': [22, 42],
  'psnr-y': [22, 42],
  ssim: [0.7, 1],
  'ssim-rounded': [0.7, 1],
  'ssim-skimage': [0.7, 1],
  'ssim-xvfi': [0.7, 1],
  ie: [1.5, 3],
  tof: [2, 7],
  lpips: [0.04, 0.2],
};

describe('published scores', () => {
  it('have each method once on a set and protocol', () => {
    const keys = PUBLISHED.map(({method, set, protocol}) => `${method} | ${set} | ${protocol}`);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it('lie where scores of whole sets lie', () => {
    for (const {method, set, scores} of PUBLISHED) {
      expect(Object.keys(scores)).not.toEqual([]);
      for (const [metric, value] of Object.entries(scores)) {
        const [low, high] = PLAUSIBLE[metric as MetricName]!;
        expect([method, set, value, value >= low && value <= high]).toEqual([method, set, value, true]);
      }
    }
  });

  it('are of protocols that are defined on the set, and of metrics that they report', () => {
    const wrong = PUBLISHED.filter(({set, protocol, scores}) => {
      const base = set.replace(/^(hd-4x|snu-film)-.*/, '$1');
      if (!protocolsOf(base).includes(protocol)) return true;
      const reported = PROTOCOLS.filter(({name}) => name === protocol).flatMap(({metrics}) => metrics);
      return Object.keys(scores).some(metric => !reported.includes(metric as MetricName));
    });
    expect(wrong).toEqual([]);
  });

  it('are those of the papers', () => {
    expect(scoreOf('RIFE', 'vimeo90k', 'rife')).toMatchObject({
      scores: {'psnr-rounded': 35.615, 'ssim-rounded': 0.9779},
      marks: [],
    });
    expect(scoreOf('RIFE', 'middlebury', 'rife')!.scores).toEqual({ie: 1.956});
    expect(scoreOf('XVFI, S = 5', 'x-test-4k', 'xvfi')!.scores).toEqual({
      ...{'psnr-rounded': 30.12, 'ssim-xvfi': 0.87, tof: 2.15},
    });
    expect(scoreOf('RIFE_m', 'x-test-2k', 'ema')).toMatchObject({
      scores: {'psnr-rounded': 31.43},
      marks: ['figure', 're-run'],
    });
    expect(scoreOf('DAIN', 'x-test-4k', 'ema')).toBeUndefined();
    expect(scoreOf('RIFE', 'snu-film-extreme', 'ema')!.scores).toEqual({psnr: 25.27, ssim: 0.8601});
    expect(scoreOf('EMA-VFI large, TTA', 'xiph-4k', 'ema')!.scores).toEqual({
      ...{'psnr-rounded': 34.67, 'ssim-skimage': 0.907},
    });
    expect(scoreOf('RIFE_m', 'hd-4x-1080p', 'rife')!.scores).toEqual({'psnr-y': 34.25});
    expect(scoreOf('VFIMamba', 'ucf101', 'vfimamba')!.marks).toEqual(['aggregator']);
  });
});

describe('comparing a result with published scores', () => {
  const named = (set: string, protocol: string, frames: readonly FrameResult[]): EvalResult => {
    const sample = sampleResult();
    return {
      ...sample,
      frames,
      wholeTargets: frames.length,
      identity: {...sample.identity, set, protocol},
      protocol: {...sample.protocol, name: protocol},
    };
  };
  const framesOf = (count: number, part = '') =>
    Array.from({length: count}, (_, i) => ({...sampleResult(1).frames[0]!, target: `${part}${i}`, part}));
  const methods = (result: EvalResult) => {
    const found = comparableScores(result);
    return 'why' in found ? found.why : found.scores.map(({method, set}) => `${method} ${set}`);
  };

  it('takes those of protocols that measure alike', () => {
    const xTest = methods(sampleResult());
    expect(xTest).toContain('RIFE_m x-test-4k');
    expect(xTest).toContain('M2M x-test-4k');
    expect(xTest).not.toContain('XVFI, S = 5 x-test-4k');
    expect(methods(named('vimeo90k', 'rife', framesOf(3782)))).toEqual(['RIFE vimeo90k', 'M2M vimeo90k']);
    expect(methods(named('middlebury', 'ema', framesOf(12)))).toContain('IFRNet L middlebury');
  });

  it('takes none for a subset, or for another protocol, and says why', () => {
    expect(methods(sampleResult(3))).toBe('this is not the whole set');
    expect(methods({...sampleResult(), missing: ['TEST01/0004.png']})).toBe('this is not the whole set');
    expect(methods({...sampleResult(), wholeTargets: undefined})).toBe('this is not the whole set');
    expect(methods(named('hd', 'plain', framesOf(5)))).toBe(
      'they were measured by the protocol rife, not plain',
    );
  });

  it('takes none for other frames of the same clips', () => {
    expect(methods(named('x-test-4k', 'ema', framesOf(45)))).toBe('none are known of these frames');
    expect(methods(named('clips', 'plain', framesOf(8)))).toBe('none are known of these frames');
  });

  it('finds scores of the parts of a set', () => {
    const whole = named('snu-film', 'ema', [...framesOf(310, 'easy'), ...framesOf(310, 'hard')]);
    expect(methods(whole)).toContain('RIFE snu-film-easy');
    expect(methods(whole)).toContain('RIFE snu-film-hard');
    expect(methods(whole)).not.toContain('RIFE snu-film-medium');
    expect(methods(named('snu-film-easy', 'upr', framesOf(310)))).toContain('UPR-Net LARGE snu-film-easy');
  });
});

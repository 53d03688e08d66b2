import {scoreText, secondsText, table, wrap} from '../format';
import type {EvalResult} from '../result';
import {reportText} from '../table';
import {sampleResult} from './sampleResult';

const widest = (text: string) => Math.max(...text.split('\n').map(({length}) => length));
const lines = (result: EvalResult) => reportText(result).split('\n');

describe('scores and columns', () => {
  it('writes scores with the decimals of papers', () => {
    expect(scoreText('psnr', 35.6149)).toBe('35.615');
    expect(scoreText('ssim', 0.97791)).toBe('0.9779');
    expect([Infinity, -Infinity, NaN, undefined].map(value => scoreText('psnr', value))).toEqual([
      'inf',
      '-inf',
      'NaN',
      '-',
    ]);
    expect([9.96, 99.96, 100, 3723].map(secondsText)).toEqual(['10.0 s', '100.0 s', '1:40 min', '1:02:03 h']);
  });

  it('breaks lines at spaces, and words that are too long', () => {
    expect(wrap('aa bbb cccccc d', ' ', 5)).toEqual([' aa', ' bbb', ' cccc', ' cc d']);
    expect(wrap('')).toEqual(['']);
  });

  it('puts columns that do not fit into a block of their own', () => {
    const head = ['who', 'a'.repeat(60), 'b'.repeat(60), 'c'];
    expect(table(head, [['x', '1', '2', '3']], 1)).toEqual([
      `who  ${'a'.repeat(60)}`,
      `x    ${'1'.padStart(60)}`,
      '',
      `who  ${'b'.repeat(60)}  c`,
      `x    ${'2'.padStart(60)}  3`,
    ]);
  });
});

describe('the report on a terminal', () => {
  it('has scores, parts, motion, differences and published scores in 100 columns', () => {
    const text = lines(sampleResult());
    expect(text.slice(0, 9)).toEqual([
      'X-TEST 4K x8, protocol ema (MCG-NJU/EMA-VFI benchmark/XTest_8X.py)',
      '  PSNR rounded to 1/255; edges repeated around, to a multiple of 32; no TTA; mean over all frames',
      'network: rife.safetensors (models/rife.safetensors, sha256 ab12ab12ab12)',
      'against: old.safetensors (models/old.safetensors, sha256 ab12ab12ab12)',
      "XVFI's layout, 15 clips of 33 frames in test/Type1 to Type3",
      'the whole set: 105 frames',
      '',
      '                psnr-rounded  ssim-rounded    flip',
      'network               29.773        0.8477  0.1011',
    ]);
    const expected = [
      'By part',
      'Type1  35      network               31.054        0.8605  0.0947',
      'By motion between the inputs, in quarters',
      '40 - 46 px   21      network               28.135        0.8314  0.1093',
      'Network minus against',
      'psnr-rounded  all                     +0.193    +0.098 to +0.288  77 of 105',
      'flip          all                    -0.0010  -0.0014 to -0.0005  77 of 105',
      'psnr-rounded  motion 40 - 46 px       +0.121    -0.048 to +0.441    7 of 21',
      'Network minus mean of inputs',
      '95 % interval: percentile bootstrap, 10000 resamples of the 15 clips.',
      'Published scores of this set, measured alike',
      'IFRNet                     30.46             -       ema  [1] f r',
      'M2M                        30.88         0.914       m2m      [2]',
      '  [1] MCG-NJU/EMA-VFI figs/4x_results.png',
      "  r: re-run by EMA-VFI's authors",
      'Cost: network 2:03 min (1.18 s a frame), metrics 45.6 s of processor time, at most 3.0 GiB of memory',
    ];
    expect(text.filter(line => expected.includes(line))).toEqual(expected);
    expect(widest(reportText(sampleResult()))).toBeLessThanOrEqual(100);
  });

  it('marks a subset, and does not show published scores beside it', () => {
    const text = lines({...sampleResult(3), missing: ['a.png', 'b.png'], extra: Array(7).fill('x')});
    expect(text).toContain('subset: 3 clips / 21 of 105 frames');
    expect(text).toContain('missing (2): a.png, b.png');
    expect(text).toContain('not of the set (7): x, x, x, x, x, and 2 more');
    expect(text).toContain("Published scores aren't shown: this is not the whole set.");
    expect(text.join('\n')).not.toContain('EMA-VFI large');
  });

  it('counts frames where nobody knows how many there should be', () => {
    expect(lines({...sampleResult(2), wholeTargets: undefined})).toContain('14 frames in 2 clips');
  });

  it('says inf where a frame is infinite, and names the frame', () => {
    const result = sampleResult(3);
    const frames = result.frames.map((frame, i) =>
      i > 0 ? frame : {...frame, scores: {...frame.scores, nearest: {'psnr-rounded': Infinity}}},
    );
    const text = lines({...result, frames});
    expect(text.find(line => line.startsWith('nearest input '))).toMatch(/^nearest input +inf +0\.\d+/);
    expect(text.join(' ')).toMatch(
      /nearest input, psnr-rounded: not finite in 1 frame \(TEST01\/0004\); mean of the others \d+\.\d+/,
    );
    expect(text.join(' ')).toContain('A mean with such a frame is inf');
  });

  it('shows one network alone, without metrics of others', () => {
    const result = sampleResult(1);
    const frames = result.frames.map(frame => ({
      ...frame,
      scores: {network: {'psnr-rounded': 30}},
    }));
    const text = reportText({...result, frames});
    expect(text).not.toMatch(/minus|nearest/);
    expect(text).toContain('network        30.000             -');
  });

  it('takes a result without frames', () => {
    expect(reportText({...sampleResult(), frames: []})).toContain('subset: 0 clips / 0 of 105 frames');
  });

  it('shows no control characters of names from outside', () => {
    const esc = String.fromCharCode(27);
    expect(reportText({...sampleResult(1), extra: [`a${esc}[31m.png`]})).not.toContain(esc);
  });
});

import {extremeFrames} from '../../statistics/extremes';
import {summarize} from '../../statistics/summary';
import {chartSvg, ticks} from '../charts';
import {reportPage, type FramePictures} from '../page';
import type {EvalResult} from '../result';
import {sampleResult} from './sampleResult';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const picturesOf = (result: EvalResult): FramePictures[] => {
  const {worst, best} = extremeFrames(result);
  return [...worst, ...best].map(({target}) => ({
    ...{target, img0: PNG, gt: PNG, prediction: PNG, against: PNG, error: PNG, errorGain: 4},
    flow: {uri: PNG, pixels: 12.34},
  }));
};
const pageOf = (result: EvalResult, pictures = picturesOf(result)) =>
  reportPage(result, summarize(result), pictures);
const count = (text: string, part: string) => text.split(part).length - 1;

describe('the page', () => {
  const page = pageOf(sampleResult());

  it('has the sections of the report', () => {
    const titles = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(match => match[1]);
    expect(titles).toEqual([
      'By part',
      'By motion between the inputs, in quarters',
      'By clip',
      'Paired differences',
      'Published scores of this set, measured alike',
      'Curves',
      'Worst frames by psnr-rounded',
      'Best frames by psnr-rounded',
      'To do it again',
    ]);
    expect(page).toContain('rife-train eval x-test-4k --root /data/X-TEST');
    expect(page).toContain(`sha256 ${'ab12'.repeat(16)}`);
    expect(count(page, '<svg ')).toBe(4);
  });

  it('has the differences of each clip, to either side', () => {
    const {groups} = summarize(sampleResult());
    const own = groups[0]!.differences.find(
      ({other, metric}) => other === 'against' && metric === 'psnr-rounded',
    )!;
    const text = `<td>${own.mean < 0 ? '' : '+'}${own.mean.toFixed(3)}, ${own.better} of ${own.frames}</td>`;
    expect(count(page, '<summary>by clip</summary>')).toBe(2);
    expect(page).toContain(text);
  });

  it('shows the pictures of the worst and best frames, and each once', () => {
    expect(count(page, '<article>')).toBe(8);
    expect(count(page, `src="${PNG}"`)).toBe(8 * 6);
    expect(page).toContain('error x4');
    expect(page).toContain('flow to img0, full colour at 12 px');
    expect(count(page, 'class="compare"')).toBe(16);
  });

  it('lists frames without pictures with their scores', () => {
    const plain = pageOf(sampleResult(), []);
    expect(count(plain, '<article>')).toBe(8);
    expect(plain).not.toContain('<img ');
  });

  it('shows no flow of a network without one, and no second slider without another network', () => {
    const result = sampleResult();
    const bare = picturesOf(result).map(({flow: _, against: __, ...own}) => own);
    const text = pageOf(result, bare);
    expect(count(text, `src="${PNG}"`)).toBe(8 * 4);
    expect(count(text, 'class="compare"')).toBe(8);
    expect(text).not.toContain('data-name="flow"');
  });

  it('needs no other file, and lets the browser load none', () => {
    expect(page).toContain("default-src 'none';img-src data:;style-src 'sha256-");
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(page).not.toMatch(/https?:/);
  });

  it('holds the numbers of result.json', () => {
    const [, json] = /<script type="application\/json" id="result">(.*?)<\/script>/s.exec(page)!;
    expect(JSON.parse(json!).frames).toEqual(sampleResult().frames);
  });

  it('escapes what comes from outside', () => {
    const evil = '</script><script>alert(1)</script>"\'&';
    const sample = sampleResult(2);
    const result: EvalResult = {
      ...sample,
      ...{title: evil, layout: evil, missing: [evil], extra: [evil]},
      identity: {
        ...sample.identity,
        ...{command: evil, root: evil, options: {[evil]: evil}, machine: {[evil]: evil}},
        network: {name: evil, file: evil, sha256: evil},
      },
      protocol: {...sample.protocol, name: evil, source: evil, facts: [evil]},
      frames: sample.frames.map(frame => ({...frame, target: evil, pair: evil, group: evil, part: evil})),
    };
    const text = pageOf(result, [{...picturesOf(sample)[0]!, target: evil, gt: `x" onerror="${evil}`}]);
    // The numbers and the slider.
    expect(count(text, '<script')).toBe(2);
    expect(count(text, '</script')).toBe(2);
    expect(text).not.toContain('" onerror="');
    expect(text).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
  });

  it('takes a result without frames, and scores that are not finite', () => {
    expect(pageOf({...sampleResult(), frames: []})).toContain('0 of 105 frames');
    const result = sampleResult();
    const frames = result.frames.map(frame => ({
      ...frame,
      motion: NaN,
      scores: {network: {'psnr-rounded': Infinity}},
    }));
    expect(pageOf({...result, frames})).not.toContain('<svg ');
  });
});

describe('charts', () => {
  it('have round marks around the values', () => {
    expect(ticks(0.125, 0.875)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(23.4, 31.2)).toEqual([22, 24, 26, 28, 30, 32]);
    expect(ticks(5, 5)).toEqual([5, 6]);
    expect(ticks(0, 0)).toEqual([0, 0.2]);
  });

  it('draw points in the frame, and leave out those that are not finite', () => {
    const points = [
      [0, 10],
      [0.5, Infinity],
      [1, 20],
    ] as const;
    const svg = chartSvg({
      title: 'a < b',
      xLabel: 't',
      series: [{subject: 'network', name: 'network', points}],
    });
    expect(svg).toContain('d="M58.0 258.0L468.0 56.0"');
    expect(count(svg, '<circle')).toBe(2);
    expect(svg).toContain('a &lt; b');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('are not drawn of a single point', () => {
    const series = [{subject: 'network', name: 'network', points: [[0.5, 30]]}] as const;
    expect(chartSvg({title: '', xLabel: '', series})).toBe('');
  });
});

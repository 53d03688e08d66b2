import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {summarize} from '../../statistics/summary';
import {framesCsv} from '../csv';
import {resultJson} from '../json';
import {writeReport} from '../write';
import {sampleResult} from './sampleResult';

describe('frames.csv', () => {
  it('has a line of names and a line a frame', () => {
    const [head, first, ...rest] = framesCsv(sampleResult()).split('\r\n');
    expect(head).toBe(
      'pair,target,group,part,t,gap,motion,network psnr-rounded,network ssim-rounded,network flip,against psnr-rounded,against ssim-rounded,against flip,mean psnr-rounded,mean ssim-rounded,mean flip,nearest psnr-rounded,nearest ssim-rounded,nearest flip',
    );
    expect(first).toMatch(/^TEST01\/0000-0032,TEST01\/0004,TEST01,Type1,0\.125,16,4,33\.00\d+,/);
    expect(rest).toHaveLength(105);
    expect(rest.at(-1)).toBe('');
  });

  it('quotes names, keeps numbers whole, and leaves a missing score empty', () => {
    const result = sampleResult(1);
    const [one, two] = result.frames;
    const frames = [
      {...one!, group: 'a "b", c', part: 'two\nlines', scores: {network: {psnr: 1 / 3}}},
      {...two!, scores: {network: {psnr: Infinity}, mean: {ie: NaN}}},
    ];
    expect(framesCsv({...result, frames})).toBe(
      [
        'pair,target,group,part,t,gap,motion,network psnr,mean ie',
        'TEST01/0000-0032,TEST01/0004,"a ""b"", c","two\nlines",0.125,16,4,0.3333333333333333,',
        'TEST01/0000-0032,TEST01/0008,TEST01,Type1,0.25,16,4,Infinity,NaN',
        '',
      ].join('\r\n'),
    );
  });
});

describe('result.json', () => {
  it('has the result, the means and the published scores', () => {
    const result = sampleResult();
    const summary = summarize(result);
    const read = JSON.parse(resultJson(result, summary));
    expect(read).toMatchObject({
      format: 1,
      identity: {version: '0.1.0', network: {sha256: 'ab12'.repeat(16)}},
      summary: {whole: {frames: 105}},
    });
    expect(read.frames).toEqual(result.frames);
    expect(read.summary.whole.means.network['psnr-rounded'].value).toBe(
      summary.whole.means.network!['psnr-rounded']!.value,
    );
    expect(read.published.scores.length).toBeGreaterThan(3);
  });

  it('has numbers that JSON lacks as strings', () => {
    const result = sampleResult(1);
    const frames = [{...result.frames[0]!, scores: {network: {'psnr-rounded': Infinity}, mean: {ie: NaN}}}];
    const json = {...result, frames};
    const read = JSON.parse(resultJson(json, summarize(json)));
    expect(read.frames[0].scores).toEqual({network: {'psnr-rounded': 'Infinity'}, mean: {ie: 'NaN'}});
    expect(read.summary.whole.means.network['psnr-rounded'].value).toBe('Infinity');
  });
});

describe('the files of a report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  afterAll(() => rmSync(folder, {recursive: true}));

  it('are written into a folder that is made, and replace older ones', async () => {
    const out = join(folder, 'deep', 'out');
    await writeReport(sampleResult(1), [], out);
    await writeReport(sampleResult(2), [], out);
    expect(readdirSync(out).sort()).toEqual(['frames.csv', 'index.html', 'result.json']);
    expect(readFileSync(join(out, 'frames.csv'), 'utf8')).toBe(framesCsv(sampleResult(2)));
    expect(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')).frames).toHaveLength(14);
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });
});

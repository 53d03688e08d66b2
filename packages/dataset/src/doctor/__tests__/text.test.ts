/** The report of the doctor as text and as a page. */
import {escapeHtml} from '@rife-train/errors';
import {doctorPage} from '../page';
import type {DataReport} from '../report';
import {reportText} from '../text';

const hostile = (count: number): DataReport => ({
  ...{format: 'rife-train/data-doctor', version: 1, root: '/data/"><script>\u001b[2J'},
  options: {frames: null, sample: null, seed: 1, gaps: [1, 1], timestep: 'middle', crop: null},
  splits: [],
  counts: {errors: count, warnings: 0, kinds: {cut: count}},
  findings: Array.from({length: count}, (_, i) => ({
    ...{kind: 'cut', severity: 'error', split: 'train', frame: 1},
    ...{clip: `x${i}\u001b[31m\n<img onerror=1>`, text: '\u202e&'},
  })),
  ...{motion: [], fastest: [], decode: null, notes: ['<note>']},
  passedOver: [{split: 'train', reason: 'other', paths: ['<passed>\u001b[2J']}],
  sampling: {error: '<gap>'},
});

test('names can steer neither terminal nor page', () => {
  const report = hostile(2);
  expect(reportText(report).replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\u202e]/);
  expect(reportText(report)).toContain('train "x0?[31m?<img onerror=1>": ?&');
  const page = doctorPage(report, {findings: new Map(), fastest: new Map()});
  expect(page).not.toMatch(/<script|<img|<note>|<gap>|<passed>/);
  expect(reportText(report)).toContain('passed over in train, file of another type (1)\n  <passed>?[2J');
  expect(page).toContain(escapeHtml('x1\u001b[31m\n<img onerror=1>'));
  expect(escapeHtml(`<a href='x' title="&">`)).toBe('&lt;a href=&#39;x&#39; title=&quot;&amp;&quot;&gt;');
});

test('long lists are cut', () => {
  const text = reportText(hostile(25));
  expect(text.match(/^ {2}train/gm)).toHaveLength(20);
  expect(text).toContain('  and 5 more');
});

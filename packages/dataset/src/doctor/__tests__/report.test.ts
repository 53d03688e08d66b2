import {MOTION_GAPS, type ClipExam} from '../examine';
import {examineAll} from '../examinePool';
import {finding, type Finding} from '../findings';
import {emptyHistogram} from '../histogram';
import {countFindings, cutOffNotes, fastestClips, inOrder, splitReport, type ExaminedClip} from '../report';
import {findingsTogether} from '../together';

/** A clip that was examined, with what matters in a test. */
function clipOf(id: string, exam: Partial<ClipExam> = {}, split: 'train' | 'val' = 'train'): ExaminedClip {
  const all: ClipExam = {
    ...{frames: 9, examined: 9, width: 96, height: 64, bytes: 10, findings: []},
    ...{motion: MOTION_GAPS.map(emptyHistogram), signature: {hashes: [], looks: []}},
    ...exam,
  };
  return {split, found: {id, kind: 'folder', path: `/${id}`, files: []}, exam: all};
}
const clips = (...frames: number[]) => frames.map((count, i) => clipOf(String(i), {frames: count}));
const brief = (found: readonly Finding[]) =>
  found.map(({kind, clip, severity}) => `${severity} ${kind} ${clip}`);

describe('lengths', () => {
  test.each([
    [[9, 9, 9, 7], ['warning length 3']],
    [
      [9, 9, 7, 12],
      ['warning length 2', 'warning length 3'],
    ],
    [[9, 8, 7, 6, 5], []],
    [[9, 7], []],
    [[9, 9, 0], []],
  ])('%j', (frames, expected) =>
    expect(brief(findingsTogether(clips(...frames), {minGap: 1}))).toEqual(expected),
  );

  test('asked for', () =>
    expect(brief(findingsTogether(clips(9, 9, 7), {minGap: 1, frames: 7}))).toEqual([
      'error length 0',
      'error length 1',
    ]));

  test('for the smallest gap, with what is needed', () => {
    const [found] = findingsTogether(clips(4), {minGap: 2});
    expect(found).toMatchObject({kind: 'too-short', text: 'It has 4 frames; the smallest gap, 2, needs 5.'});
    expect(findingsTogether(clips(5), {minGap: 2})).toEqual([]);
  });
});

test('a crop as large as the frames fits, a larger one on either side does not', () => {
  const own = (crop: [number, number]) => brief(findingsTogether([clipOf('a')], {minGap: 1, crop}));
  expect(own([64, 96])).toEqual([]);
  expect(own([96, 96])).toEqual(['error crop-size a']);
  expect(own([64, 128])).toEqual(['error crop-size a']);
});

test('errors come first, then the order of kinds, then that of the clips', () => {
  const found = (['static', 'cut', 'unreadable', 'cut'] as const).map((kind, i): Finding => ({
    ...finding(kind, ''),
    split: 'train',
    clip: String(i),
  }));
  expect(brief(inOrder(found))).toEqual([
    'error unreadable 2',
    'error cut 1',
    'error cut 3',
    'warning static 0',
  ]);
  expect(countFindings(found)).toEqual({errors: 3, warnings: 1, kinds: {static: 1, cut: 2, unreadable: 1}});
});

test('a split: sizes and lengths by how often they are, without what can not be read', () => {
  const all = [
    clipOf('a', {height: 32}),
    clipOf('b'),
    clipOf('c'),
    clipOf('d', {width: 0, frames: 0}),
    clipOf('v', {}, 'val'),
  ];
  expect(splitReport('train', 7, all)).toEqual({
    ...{split: 'train', clips: 7, examined: 4, frames: 27, bytes: 40},
    sizes: [
      {height: 64, width: 96, clips: 2},
      {height: 32, width: 96, clips: 1},
    ],
    lengths: [
      {frames: 9, clips: 3},
      {frames: 0, clips: 1},
    ],
  });
});

test('the five fastest, and long clips in part', () => {
  const all = [3, 9, 1, 7, 5, 8].map((pixels, i) => clipOf(String(i), {fastest: {frame: i, pixels}}));
  expect(fastestClips([clipOf('still'), ...all]).map(({clip}) => clip)).toEqual(['1', '5', '3', '4', '0']);
  expect(
    cutOffNotes([clipOf('short', {frames: 4096}), clipOf('long', {frames: 5000, examined: 4090})]),
  ).toEqual(['Of train clip "long" the first 4090 of 5000 frames were looked at.']);
});

test('a clip over which its thread fails is a finding, and the others are examined', async () => {
  const done: number[] = [];
  const uncloneable = {...clipOf('bad').found, files: [() => 'x'] as unknown as string[]};
  const exams = await examineAll([uncloneable, clipOf('gone').found], 1, count => done.push(count));
  expect(done).toEqual([1, 2]);
  expect(exams[0]!.findings).toMatchObject([{kind: 'unreadable', text: expect.stringContaining('cloned')}]);
  expect(exams[1]).toMatchObject({frames: 0, findings: []});
});

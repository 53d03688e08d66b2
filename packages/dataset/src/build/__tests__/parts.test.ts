/** The pure parts, with pictures and measurements made by hand. */
import {timingOf} from '@rife-train/data/parts';
import {findFades} from '../../detect/fades';
import {lookSize, VideoLook, type Looked} from '../look';
import {cleanName, nameVideos} from '../inputs';
import {resolveBuild} from '../options';
import {findScenes, type Run, type Scenes} from '../scenes';
import {sharpnessOf, shrink} from '../../detect/sharpness';
import {splitGroups} from '../split';
import {chooseWindows, leftOutOf, scoreOf} from '../windows';

const size = {width: 64, height: 48};

const valueAt = (x: number, y: number, seed: number) =>
  Math.imul(Math.imul(x + 101 * y + 10007 * seed, 2654435761) ^ 0x5bd1e995, 1013904223) >>> 24;

/** Soft blobs of 6 pixels, others for each seed, moved to the right by whole pixels. */
function picture(seed: number, shift = 0): Uint8Array {
  const luma = new Uint8Array(size.width * size.height);
  for (let y = 0, at = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++, at++) {
      const [u, v] = [(x - shift + 6000) / 6, y / 6];
      const [i, j] = [Math.floor(u), Math.floor(v)];
      const row = (n: number) => valueAt(i, n, seed) * (1 - u + i) + valueAt(i + 1, n, seed) * (u - i);
      luma[at] = row(j) * (1 - v + j) + row(j + 1) * (v - j);
    }
  return luma;
}

const mix = (a: Uint8Array, b: Uint8Array, share: number) => a.map((v, i) => v * (1 - share) + b[i]! * share);
const range = (count: number) => Array.from({length: count}, (_, i) => i);

describe('sharpness', () => {
  test('a blurred picture is less sharp, a flat one has none', () => {
    const edges = Uint8Array.from({length: 64 * 48}, (_, i) => (i % 8 < 4 ? 20 : 220));
    const soft = edges.map((_, i) => (edges[Math.max(0, i - 1)]! + edges[i]! * 2 + (edges[i + 1] ?? 0)) / 4);
    expect(sharpnessOf(soft, size)).toBeLessThan(0.5 * sharpnessOf(edges, size));
    expect(sharpnessOf(new Uint8Array(64 * 48).fill(9), size)).toBe(0);
  });

  test('shrinking takes means', () => {
    const luma = Uint8Array.of(0, 4, 10, 10, 4, 0, 10, 30);
    expect([...shrink(luma, {width: 2, height: 1}, 2)]).toEqual([2, 15]);
  });
});

describe('fades', () => {
  const one = (i: number) => picture(1, i / 3);
  const other = (i: number) => picture(4, i / 3);

  test('a dissolve is found, motion and a cut are not', () => {
    const frames = range(48).map(i => {
      const share = Math.min(1, Math.max(0, (i - 20) / 16));
      return mix(one(i), other(i), share);
    });
    const found = findFades(frames, size);
    for (let i = 22; i < 34; i++) expect(found).toContain(i);
    expect(findFades(range(30).map(one), size)).toEqual([]);
    expect(findFades([...range(15).map(one), ...range(15).map(other)], size)).toEqual([]);
  });

  test('a fade to black is found', () => {
    const frames = range(48).map(i => one(i).map(v => v * Math.max(0, 1 - Math.max(0, i - 20) / 20)));
    const found = findFades(frames, size);
    for (let i = 24; i < 36; i++) expect(found).toContain(i);
    expect(found[0]).toBeGreaterThan(8);
  });
});

describe('looking', () => {
  test('sizes: long side 96, times 4 at most where the video has so many pixels', () => {
    expect(lookSize(1920, 1080)).toEqual({
      small: {width: 96, height: 54},
      factor: 4,
      width: 384,
      height: 216,
    });
    expect(lookSize(200, 100)).toMatchObject({factor: 2, width: 192, height: 96});
    expect(lookSize(48, 40)).toMatchObject({small: {width: 48, height: 40}, factor: 1});
  });

  test('numbers of frames do not depend on the chunks that are looked at', () => {
    const [cut, repeated] = [48, 97];
    const look = new VideoLook({small: size, factor: 1, ...size}, 32);
    for (const i of range(120)) {
      if (i === repeated) look.push(picture(4, i - 1));
      look.push(picture(i < cut ? 1 : 4, i));
    }
    const looked = look.finish();
    expect(looked).toMatchObject({frames: 121, fades: [], black: [], flat: [], flashes: [], cuts: [cut]});
    expect(looked.repeated).toEqual([repeated]);
    expect(looked.sharpness).toHaveLength(121);
    expect(looked.motion).toHaveLength(31);
    expect(looked.motion[5]).toBeCloseTo(1000 / 64, 0);
  });
});

describe('time', () => {
  const at = (steps: readonly number[]) =>
    steps.reduce((times, step) => [...times, times.at(-1)! + step], [0]);

  test('rounded times are even, a missing frame is not, two rates are reported', () => {
    const even = range(50).map(i => Math.round((i * 1000) / 30) / 1000);
    expect(timingOf(even)).toMatchObject({uneven: [], isVariable: false});
    expect(timingOf(even).fps).toBeCloseTo(30, 1);
    const missing = timingOf(even.filter((_, i) => i !== 20));
    expect(missing).toMatchObject({uneven: [20], isVariable: true});
    const twoRates = timingOf(at([...range(40).map(() => 1 / 30), ...range(40).map(() => 1 / 24)]));
    expect(twoRates).toMatchObject({uneven: [], isVariable: true});
    expect(timingOf([0])).toEqual({fps: 0, uneven: [], isVariable: false});
  });
});

const looked = (frames: number, more: Partial<Looked> = {}): Looked => ({
  ...{frames, cuts: [], fades: [], black: [], flat: [], flashes: [], repeated: []},
  sharpness: range(frames).map(() => 100),
  motion: range(Math.ceil(frames / 4)).map(() => 5),
  ...more,
});
const limits = {minMotion: 0.5, minSharpness: 0.25};

describe('scenes', () => {
  test('cuts divide, fades and black are in between', () => {
    const {scenes, runs} = findScenes(looked(50, {cuts: [10], fades: [20, 21], black: [40]}), [], limits);
    const spans = [
      [0, 10],
      [10, 20],
      [22, 40],
      [41, 50],
    ].map(([first, end]) => ({first, end}));
    expect(scenes).toEqual(spans);
    expect(runs).toEqual(spans.map((span, scene) => ({...span, scene})));
  });

  test('static and blurred parts, flashes and repeats are left out inside a scene', () => {
    const motion = [5, 0, 0, 5, 0, 0, 0, 5, 5, 5, 5, 5, 5, 5, 5];
    const sharpness = range(60).map(i => ((i >= 36 && i < 40) || i === 50 ? 5 : 100));
    const {scenes, runs, reasons} = findScenes(
      looked(60, {motion, sharpness, flashes: [5], repeated: [44]}),
      [55],
      limits,
    );
    expect(scenes).toEqual([{first: 0, end: 60}]);
    expect(runs).toEqual([
      {first: 0, end: 5, scene: 0},
      {first: 6, end: 16, scene: 0},
      {first: 28, end: 36, scene: 0},
      {first: 40, end: 44, scene: 0, brokenBy: 'repeated'},
      {first: 44, end: 55, scene: 0, brokenBy: 'repeated'},
      {first: 55, end: 60, scene: 0, brokenBy: 'uneven'},
    ]);
    expect([reasons[5], reasons[20], reasons[37]]).toEqual(['flash', 'static', 'blurred']);
  });
});

const scenesOf = (runs: readonly Run[], frames: number, sharpness = range(frames).map(() => 1)): Scenes => ({
  scenes: [{first: 0, end: frames}],
  runs: [...runs],
  reasons: range(frames).map(i =>
    runs.some(({first, end}) => i >= first && i < end) ? undefined : 'blurred',
  ),
  sharpness,
});

describe('windows', () => {
  const options = {length: 10, stride: 10, maxClipsPerScene: null};
  const even = range(30).map(() => 5);

  test('as many as fit, without overlap, where they are best', () => {
    const sharpness = range(24).map(i => (i < 3 || i === 13 ? 0.5 : 1));
    const scenes = scenesOf([{first: 0, end: 24, scene: 0}], 24, sharpness);
    const windows = chooseWindows(scenes, even, options);
    expect(windows.map(({first}) => first)).toEqual([3, 14]);
    expect(windows[0]).toMatchObject({scene: 0, score: 1, motion: 5, sharpness: 1});
    expect(leftOutOf(scenes, windows, 10)).toEqual([
      {first: 0, frames: 3, reason: 'rest'},
      {first: 13, frames: 1, reason: 'rest'},
    ]);
  });

  test('the best ones where their number is limited; a stride keeps them apart', () => {
    const sharpness = range(40).map(i => (i >= 15 && i < 25 ? 1 : 0.5));
    const scenes = scenesOf([{first: 0, end: 40, scene: 0}], 40, sharpness);
    const firsts = (more: object) =>
      chooseWindows(scenes, even, {...options, ...more}).map(({first}) => first);
    expect(firsts({maxClipsPerScene: 1})).toEqual([15]);
    expect(firsts({stride: 30})).toHaveLength(2);
    expect(firsts({})).toHaveLength(4);
  });

  test('parts that are too short are reported with what broke them', () => {
    const runs: Run[] = [
      {first: 0, end: 4, scene: 0, brokenBy: 'repeated'},
      {first: 4, end: 8, scene: 0, brokenBy: 'repeated'},
      {first: 9, end: 15, scene: 0},
    ];
    const scenes = scenesOf(runs, 15);
    expect(chooseWindows(scenes, even, options)).toEqual([]);
    expect(leftOutOf(scenes, [], 10)).toEqual([
      {first: 0, frames: 8, reason: 'repeated'},
      {first: 8, frames: 1, reason: 'blurred'},
      {first: 9, frames: 6, reason: 'short'},
    ]);
  });

  test('scores: little and wild motion, and softness, are worth less', () => {
    expect(scoreOf(5, 1)).toBe(1);
    expect(scoreOf(1, 1)).toBe(0.5);
    expect(scoreOf(60, 1)).toBe(0.5);
    expect(scoreOf(5, 0.5)).toBe(0.5);
  });
});

describe('splits', () => {
  const groups = range(20).map(i => `scene-${i}`);
  const heldBack = (splits: Map<string, string>) =>
    [...splits].filter(([, s]) => s === 'val').map(([g]) => g);

  test('a share of the groups, the same for the same seed', () => {
    const one = splitGroups(groups, 0.1, 7);
    expect(heldBack(one)).toHaveLength(2);
    expect(splitGroups([...groups].reverse(), 0.1, 7)).toEqual(new Map([...one].reverse()));
    const others = range(5).map(seed => heldBack(splitGroups(groups, 0.1, seed)).join());
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  test('at least one of two, never all, none for 0', () => {
    expect(heldBack(splitGroups(groups.slice(0, 2), 0.01, 1))).toHaveLength(1);
    expect(heldBack(splitGroups(groups.slice(0, 1), 0.9, 1))).toEqual([]);
    expect(heldBack(splitGroups(groups.slice(0, 3), 0.99, 1))).toHaveLength(2);
    expect(heldBack(splitGroups(groups, 0, 1))).toEqual([]);
  });

  test('what an earlier build has placed stays', () => {
    const before = splitGroups(groups.slice(0, 10), 0.2, 3);
    const after = splitGroups(groups, 0.2, 3, before);
    for (const [group, split] of before) expect(after.get(group)).toBe(split);
    expect(heldBack(after)).toHaveLength(4);
  });
});

describe('names and options', () => {
  test('names are cleaned, and distinguished', () => {
    expect(cleanName('/a/Été à la plage (1).MOV')).toBe('Ete-a-la-plage-1');
    expect(cleanName('/a/映画.mp4')).toBe('video');
    const names = nameVideos(['/a/x.mp4', '/b/X.mp4', '/c/x.mp4', '/d/y.mp4'], new Map([['/c/x.mp4', 'x']]));
    expect([...names.values()]).toEqual(['x-2', 'X-3', 'x', 'y']);
  });

  test.each([
    ['length', 2],
    ['size', [63, 64]],
    ['stride', 64],
    ['val', 1],
    ['seed', -1],
    ['format', 'gif'],
    ['minMotion', NaN],
    ['maxClipsPerScene', 0],
  ])('%s of %p is refused', (option, value) => {
    const resolve = () => resolveBuild({inputs: [], out: 'x', [option]: value});
    expect(resolve).toThrow(expect.objectContaining({code: 'RIFE_ERR_DATA_BUILD_OPTION'}));
    expect(resolve).toThrow(option);
  });

  test('defaults', () => {
    const {length, stride, format, val, splitBy} = resolveBuild({inputs: [], out: 'x'});
    expect([length, stride, format, val, splitBy]).toEqual([65, 65, 'png', 0.1, 'scene']);
  });
});

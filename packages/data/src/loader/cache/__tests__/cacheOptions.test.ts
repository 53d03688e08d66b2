/** The option `data.cache`, and the folder that it names. */
import {mkdirSync, utimesSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import type {DataConfig} from '@rife-train/core';
import {rejection, tempFolder} from '../../../__tests__/support';
import {resolveOptions} from '../../options';
import type {Clip} from '../../../clip';
import {ClipCache} from '../clipCache';
import {claimFile} from '../claim';
import {openFolder} from '../folder';
import {filesIn} from './cached';

const resolved = async (cache: unknown) =>
  resolveOptions({root: 'clips', cache: cache as DataConfig['cache']}).cache;

test.each<[unknown, unknown]>([
  [undefined, false],
  [null, false],
  [false, false],
  ['kept', {dir: resolve('kept'), codec: 'raw', maxBytes: Infinity}],
  [
    {dir: '/kept', codec: 'deflate', maxSize: 5e9},
    {dir: '/kept', codec: 'deflate', maxBytes: 5e9},
  ],
  ...(
    [
      ['200GB', 200e9],
      ['1.5 tb', 1.5e12],
      ['64MiB', 64 * 2 ** 20],
      ['700kB', 700e3],
      ['12B', 12],
    ] as const
  ).map(([maxSize, maxBytes]): [unknown, unknown] => [
    {dir: '/kept', maxSize},
    {dir: '/kept', codec: 'raw', maxBytes},
  ]),
])('%j', async (given, expected) => {
  expect(await resolved(given)).toEqual(expected);
});

test.each([
  ['cache', true],
  ['cache', ''],
  ['cache', {codec: 'raw'}],
  ['cache', {dir: '/kept', size: '1GB'}],
  ['cache.codec', {dir: '/kept', codec: 'zip'}],
  ...[0, -1, NaN, '', '1', '0GB', '1 PB', 'GB', '-1GB'].map(maxSize => [
    'cache.maxSize',
    {dir: '/kept', maxSize},
  ]),
] as [string, unknown][])('data.%s: %j is refused by name', async (option, given) => {
  const {code, message} = await rejection(resolved(given));
  expect([code, message]).toEqual(['RIFE_ERR_DATA_OPTION', expect.stringContaining(`data.${option} is `)]);
});

test('of what lies in the folder, copies count; what a killed process left goes, what is being written stays', async () => {
  const dir = tempFolder();
  mkdirSync(join(dir, 'ab'));
  mkdirSync(join(dir, 'theirs'));
  const old = new Date(Date.now() - 3_600_000);
  const write = (name: string, age?: Date) => {
    writeFileSync(join(dir, name), 'x'.repeat(10));
    if (age) utimesSync(join(dir, name), age, age);
  };
  write('ab/1.rifecache', old);
  write('ab/2.rifecache');
  for (const ending of ['part', 'claim']) {
    write(`ab/old.${ending}`, old);
    // The clock was set back since.
    write(`ab/future.${ending}`, new Date(Date.now() + 3_600_000));
    write(`ab/new.${ending}`);
    write(`theirs/old.${ending}`, old);
  }
  expect(await openFolder(dir)).toBe(20);
  const names = [
    'ab/1.rifecache',
    'ab/2.rifecache',
    'ab/new.claim',
    'ab/new.part',
    'theirs/old.claim',
    'theirs/old.part',
  ];
  expect(filesIn(dir)).toEqual(names.map(name => join(dir, name)));
});

test('a claim of the future is abandoned: the clock was set back since', () => {
  const file = join(tempFolder(), 'a.claim');
  const first = claimFile(file)!;
  expect(claimFile(file)).toBeUndefined();
  const later = new Date(Date.now() + 3_600_000);
  utimesSync(file, later, later);
  const second = claimFile(file)!;
  expect(second).toBeDefined();
  second.release();
  first.release();
});

describe('a request', () => {
  const clip = (id: string, frames: number, kind: Clip['kind'] = 'folder'): Clip => ({
    ...{id, kind, path: `/clips/${id}`, frames, width: 4096, height: 2160},
    files: Array.from({length: frames}, (_, i) => `${i}.png`),
  });

  test('is made for clips below 8 GiB that are not packed; the others are reported once', async () => {
    const clips = [clip('small', 65), clip('long', 500), clip('packed', 9, 'pack')];
    const warnings: string[] = [];
    const options = resolveOptions({root: 'clips', cache: tempFolder(), warn: text => warnings.push(text)});
    const cache = (await ClipCache.open(options, clips))!;
    expect(clips.map(each => cache.requestFor(each) !== undefined)).toEqual([true, false, false]);
    expect(warnings).toEqual([expect.stringContaining('leaves out 1 of 3 clips, the first "long"')]);
  });

  test('holds all names until the copy was checked; replicas share the room', async () => {
    const one = clip('small', 65);
    const options = resolveOptions({
      ...{root: 'clips', cache: {dir: tempFolder(), maxSize: 9000}, shard: {rank: 1, count: 4}},
    });
    const cache = (await ClipCache.open(options, [one]))!;
    expect(cache.requestFor(one)).toMatchObject({whole: one, codec: 'raw'});
    expect(cache.requestFor(one)!.room[0]).toBe(2250n);
    cache.take([{kind: 'ready', clip: 'small'}]);
    expect(cache.requestFor(one)).not.toHaveProperty('whole');
    cache.take([{kind: 'gone', clip: 'small'}]);
    expect(cache.requestFor(one)).toHaveProperty('whole');
  });
});

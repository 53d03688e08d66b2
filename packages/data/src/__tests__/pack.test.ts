import {spawnSync} from 'node:child_process';
import {appendFileSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import type {Crop} from '../clip';
import {scanClips} from '..';
import {FrameStore} from '../loader/frames';
import {encodePreamble, PACK_CODECS, parsePreamble, type PackCodec} from '../pack/format';
import {readPackHeader, verifyPack} from '../pack/reader';
import {PackStore} from '../pack/store';
import {createRandom} from '../sampling/random';
import {readTriplet} from '../loader/readTriplet';
import {slopes, withPack, writePack} from './packFiles';
import {pixels, rejection, tempFolder} from './support';

// The very object that the compiled sources call: an import would be a copy, which no spy reaches.
const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
afterEach(() => jest.restoreAllMocks());

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

function cropOf(frame: Uint8Array, width: number, crop: Crop): Uint8Array {
  const rows = Array.from({length: crop.height}, (_, y) => {
    const from = ((crop.top + y) * width + crop.left) * 3;
    return frame.subarray(from, from + crop.width * 3);
  });
  return Buffer.concat(rows);
}

/** What a call throws, or what it returns. */
function outcome<T>(call: () => T): {code: string; message: string} | T {
  try {
    return call();
  } catch (error) {
    return {code: (error as {code: string}).code, message: (error as Error).message};
  }
}

describe.each(PACK_CODECS)('%s', codec => {
  test('regions of random sizes, places and tiles are the frames own pixels', () => {
    const random = createRandom(7, 1, 2, 3);
    const upTo = (most: number) => 1 + random.below(most);
    for (let round = 0; round < 60; round++) {
      const [height, width, tile] = [upTo(90), upTo(90), upTo(40)];
      const frames = [0, 1, 2].map(i => (round % 2 ? pixels : slopes)(height, width, round + i));
      withPack(writePack(frames, {height, width, tile, codec}), file => {
        for (const [number, frame] of frames.entries()) {
          const crop = {height: upTo(height), width: upTo(width), top: 0, left: 0};
          crop.top = random.below(height - crop.height + 1);
          crop.left = random.below(width - crop.width + 1);
          expect([crop, equal(file.region(number, crop), cropOf(frame, width, crop))]).toEqual([crop, true]);
          expect(equal(file.frame(number), frame)).toBe(true);
        }
      });
    }
  });

  test('every single byte is guarded: what was read is right, or it is an error', () => {
    const [height, width] = [13, 18];
    const frames = [0, 1].map(i => slopes(height, width, i));
    const clip = writePack(frames, {height, width, tile: 8, codec});
    const whole = readFileSync(clip.path);
    const crop = {top: 3, left: 2, height: 4, width: 5};
    let unnoticed = 0;
    for (let i = 0; i < whole.length; i++) {
      const bytes = Buffer.from(whole);
      bytes[i]! ^= 1 << (i % 8);
      writeFileSync(clip.path, bytes);
      expect([i, outcome(() => verifyPack('clip', clip.path))]).toMatchObject([
        i,
        {code: 'RIFE_ERR_DATA_PACK'},
      ]);
      const read = outcome(() => withPack(clip, file => file.region(1, crop)));
      if (read instanceof Uint8Array) {
        unnoticed++;
        expect([i, equal(read, cropOf(frames[1]!, width, crop))]).toEqual([i, true]);
      } else expect([i, read.code]).toEqual([i, 'RIFE_ERR_DATA_PACK']);
    }
    // Nothing but the other tiles may be damaged unseen.
    expect(unnoticed).toBeGreaterThan(0);
    expect(unnoticed).toBeLessThan(whole.length - 300);
  });

  test('a file that was cut off anywhere, or goes on, is refused by the scan', async () => {
    const clip = writePack([slopes(9, 9, 1)], {height: 9, width: 9, tile: 4, codec});
    const whole = readFileSync(clip.path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(clip.path, whole.subarray(0, length));
      expect((await rejection(readPackHeader(clip))).code).toBe('RIFE_ERR_DATA_PACK');
      expect(outcome(() => withPack(clip, () => 'opened'))).toMatchObject({code: 'RIFE_ERR_DATA_PACK'});
    }
    writeFileSync(clip.path, whole);
    appendFileSync(clip.path, 'x');
    const {message} = await rejection(readPackHeader(clip));
    expect(message).toContain(`the file has ${whole.length + 1} bytes and should have ${whole.length}`);
  });
});

describe('errors', () => {
  const sized = {height: 32, width: 32, tile: 16, codec: 'deflate' as PackCodec};

  test('a damaged tile: clip, file, frame and tile', () => {
    const clip = writePack([slopes(32, 32, 1), slopes(32, 32, 2)], sized);
    const bytes = readFileSync(clip.path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(clip.path, bytes);
    const fault = outcome(() => withPack(clip, file => file.frame(1))) as {message: string};
    expect(fault.message).toContain(`"${clip.path}" of clip "clip"`);
    expect(fault.message).toContain('in frame 1, tile 3: the checksum is wrong');
    expect(withPack(clip, file => file.frame(0))).toHaveLength(32 * 32 * 3);
  });

  test.each([0, 4])('a damaged table is reported as such, at byte %i of an entry', at => {
    const clip = writePack([slopes(32, 32, 1)], sized);
    const bytes = readFileSync(clip.path);
    bytes[40 + bytes.readUInt32LE(12) + at]! ^= 1;
    writeFileSync(clip.path, bytes);
    expect(outcome(() => withPack(clip, () => 'opened'))).toMatchObject({
      message: expect.stringContaining('in its table: the checksum is wrong'),
    });
  });

  test('another version', () => {
    const clip = writePack([slopes(32, 32, 1)], sized);
    const bytes = readFileSync(clip.path);
    bytes.writeUInt32LE(2, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 36)), 36);
    writeFileSync(clip.path, bytes);
    expect(outcome(() => withPack(clip, () => 'opened'))).toMatchObject({
      code: 'RIFE_ERR_DATA_PACK',
      message: expect.stringContaining('version 2'),
    });
  });

  test.each([
    ['codec', 'qoi', 'not known'],
    ['tile', 0, 'not known'],
    ['width', 64, 'table has another length'],
  ])('a header that is whole, with %s %p', (field, value, message) => {
    const clip = writePack([slopes(32, 32, 1)], sized);
    const bytes = readFileSync(clip.path);
    const old = parsePreamble(clip, bytes, bytes.length);
    const header = JSON.parse(bytes.subarray(40, 40 + old.headerBytes).toString()) as object;
    const text = Buffer.from(JSON.stringify({...header, [field]: value}));
    const rest = bytes.subarray(40 + old.headerBytes);
    const fileBytes = 40 + text.length + rest.length;
    const preamble = {...old, headerBytes: text.length, headerSum: crc32(text), fileBytes};
    writeFileSync(clip.path, Buffer.concat([encodePreamble(preamble), text, rest]));
    expect(outcome(() => withPack(clip, () => 'opened'))).toMatchObject({
      code: 'RIFE_ERR_DATA_PACK',
      message: expect.stringContaining(message),
    });
  });

  test('a header that declares more pixels than are read', async () => {
    const clip = writePack([slopes(32, 32, 1)], sized);
    const bytes = readFileSync(clip.path);
    const {headerBytes, tableBytes, tableSum, fileBytes} = parsePreamble(clip, bytes, bytes.length);
    const header = {...JSON.parse(bytes.toString('utf8', 40, 40 + headerBytes)), width: 65535, height: 65535};
    const text = Buffer.from(JSON.stringify({...header, tile: 65535}));
    const sizes = {headerBytes: text.length, tableBytes, headerSum: crc32(text), tableSum};
    const start = encodePreamble({...sizes, fileBytes: fileBytes + text.length - headerBytes});
    writeFileSync(clip.path, Buffer.concat([start, text, bytes.subarray(40 + headerBytes)]));
    const expected = {
      code: 'RIFE_ERR_DATA_PACK',
      message: expect.stringContaining('65535 x 65535 pixels, and 268435456 are the most'),
    };
    expect(await rejection(readPackHeader(clip))).toMatchObject(expected);
    expect(outcome(() => new PackStore().file(clip))).toMatchObject(expected);
  });

  test('a pipe or a device is not read', async () => {
    const pipe = {id: 'a', path: join(tempFolder(), 'a.rifeclip')};
    spawnSync('mkfifo', [pipe.path]);
    for (const clip of [pipe, {id: 'a', path: '/dev/zero'}]) {
      expect((await rejection(readPackHeader(clip))).code).toBe('RIFE_ERR_DATA_FILE');
      expect(outcome(() => withPack(clip, () => 0))).toMatchObject({code: 'RIFE_ERR_DATA_FILE'});
    }
  });

  test('a file that is gone', async () => {
    const clip = writePack([slopes(32, 32, 1)], sized);
    rmSync(clip.path);
    expect((await rejection(readPackHeader(clip))).code).toBe('RIFE_ERR_DATA_FILE');
    expect(outcome(() => new PackStore().file(clip))).toMatchObject({code: 'RIFE_ERR_DATA_FILE'});
  });

  test('a file that was replaced by one of another size after the scan', () => {
    const clip = writePack([slopes(32, 32, 1)], sized);
    writePack([slopes(32, 16, 1)], {...sized, width: 16}, clip.path);
    const store = new PackStore();
    expect(outcome(() => store.file(clip))).toMatchObject({
      code: 'RIFE_ERR_DATA_PACK',
      message: expect.stringContaining('1 frames of 32 x 16, and had 1 of 32 x 32'),
    });
    store.close();
  });
});

describe('reading', () => {
  test('a crop reads its own tiles in few calls, and joins what lies close', () => {
    const crop = {top: 130, left: 140, height: 110, width: 100}; // within one tile of 128
    const clip = writePack([pixels(768, 768, 1)], {height: 768, width: 768, tile: 128, codec: 'raw'});
    withPack(clip, file => {
      const read = jest.spyOn(fs, 'readSync');
      const bytes = () => read.mock.results.reduce((sum, {value}) => sum + (value as number), 0);
      file.region(0, crop);
      expect([read.mock.calls.length, bytes()]).toEqual([1, 128 * 128 * 3]);
      read.mockClear();
      // 3 x 3 of 6 x 6 tiles, three tiles (144 KiB) apart: a call a row.
      file.region(0, {...crop, height: 300, width: 300});
      expect([read.mock.calls.length, bytes()]).toEqual([3, 9 * 128 * 128 * 3]);
      read.mockClear();
      // 5 x 5, one tile (48 KiB) apart: one call.
      file.region(0, {...crop, top: 0, left: 0, height: 600, width: 600});
      expect([read.mock.calls.length, bytes()]).toEqual([1, (5 * 6 - 1) * 128 * 128 * 3]);
    });
  });

  test('open files are bounded, and closed', () => {
    const opened = jest.spyOn(fs, 'openSync');
    const closed = jest.spyOn(fs, 'closeSync');
    const clips = [0, 1, 2, 3].map(i =>
      writePack([slopes(8, 8, i)], {height: 8, width: 8, tile: 8, codec: 'raw'}),
    );
    const written = opened.mock.calls.length;
    const store = new PackStore(2);
    const first = (i: number) => [...store.file(clips[i]!).frame(0)];
    for (const i of [0, 1, 0, 2, 3, 0, 0]) {
      expect(first(i)).toEqual([...slopes(8, 8, i)]);
      expect(store.size).toBeLessThanOrEqual(2);
    }
    expect(opened.mock.calls.length - written).toBe(5); // 0, 1, 2, 3, and 0 once more
    store.close();
    expect(closed.mock.calls.length).toBe(opened.mock.calls.length);
  });

  test('a triplet by crop, whole, and by readTriplet', async () => {
    const frames = [...Array(5).keys()].map(i => slopes(70, 100, i));
    const root = tempFolder();
    writePack(frames, {height: 70, width: 100, tile: 32, codec: 'deflate'}, join(root, 'a.rifeclip'));
    const [clip] = await scanClips(root, 'train');
    expect(clip).toMatchObject({id: 'a', kind: 'pack', frames: 5, width: 100, height: 70, files: []});
    const store = new FrameStore();
    const crop = {top: 3, left: 9, height: 64, width: 64};
    const region = await store.region({clip: clip!, numbers: [0, 2, 4], crop});
    expect(region).toMatchObject({width: 64, crop: {top: 0, left: 0, height: 64, width: 64}});
    const numbers = [0, 2, 4];
    expect(region.frames.map((f, i) => equal(f, cropOf(frames[numbers[i]!]!, 100, crop)))).toEqual([
      true,
      true,
      true,
    ]);
    const whole = await store.triplet({clip: clip!, numbers: [0, 2, 4]});
    expect(whole.map((f, i) => equal(f, frames[numbers[i]!]!))).toEqual([true, true, true]);
    store.close();

    const closed = jest.spyOn(fs, 'closeSync');
    const {images, height, width} = await readTriplet(clip!, {gap: 2});
    expect(closed).toHaveBeenCalledTimes(1);
    expect([height, width]).toEqual([64, 96]);
    const at = (frame: number) => [2, 1, 0].map(c => frames[frame]![((3 + 10) * 100 + 2 + 20) * 3 + c]);
    const offset = (10 * 96 + 20) * 9;
    expect([...images.subarray(offset, offset + 9)]).toEqual([...at(0), ...at(4), ...at(2)]);
  });
});

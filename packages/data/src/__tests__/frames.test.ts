import {join} from 'node:path';
import {execFileSync, spawnSync} from 'node:child_process';
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {crc32} from 'node:zlib';
import sharp from 'sharp';
import {readTriplet, scanClips} from '..';
import type {Clip} from '../clip';
import {NO_AUGMENTATION, writeSample} from '../augment/augment';
import {FrameStore} from '../loader/frames';
import {decodeImage, imageSize} from '../decode/image';
import {ffmpegOnce} from '../decode/ffmpeg';
import {decodeVideo, decodeVideoRegion} from '../decode/video/decode';
import {
  CLIP128,
  copyTo,
  damage,
  DEMO,
  DEMO_VIDEO,
  pixels,
  rejection,
  tempFolder,
  truncate,
  writeClip,
} from './support';

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const demoClip = async () => (await scanClips(DEMO, 'train'))[0]!;

describe('images', () => {
  const size = {id: 'c', width: 20, height: 16};
  const write = async (name: string, channels: 1 | 2 | 3 | 4) => {
    const path = join(tempFolder(), name);
    await sharp(pixels(16, 20, 1, channels), {raw: {width: 20, height: 16, channels}}).toFile(path);
    return path;
  };

  test('RGB comes back exactly', async () => {
    expect(equal(await decodeImage(size, await write('a.png', 3)), pixels(16, 20, 1))).toBe(true);
  });

  test('alpha is dropped, not multiplied', async () => {
    const rgba = pixels(16, 20, 1, 4);
    const rgb = await decodeImage(size, await write('a.png', 4));
    expect([...rgb]).toEqual([...rgba].filter((_, i) => i % 4 < 3));
  });

  test('grey becomes three equal channels', async () => {
    const grey = pixels(16, 20, 1, 1);
    expect([...(await decodeImage(size, await write('a.png', 1)))]).toEqual(
      [...grey].flatMap(v => [v, v, v]),
    );
  });

  test.each(['png', 'jpg', 'webp'])('a truncated %s', async type => {
    const path = await write(`a.${type}`, 3);
    truncate(path, 0.7);
    expect(await rejection(decodeImage(size, path))).toMatchObject({
      code: 'RIFE_ERR_DATA_FRAME',
      message: expect.stringContaining(path),
    });
  });

  test('another size', async () => {
    const path = await write('a.png', 3);
    expect((await rejection(decodeImage({...size, width: 21}, path))).code).toBe('RIFE_ERR_DATA_FRAME_SIZE');
  });

  test('more pixels than are read: refused by the header', async () => {
    const path = join(tempFolder(), 'huge.png');
    const png = readFileSync(join(CLIP128, '0000.png'));
    png.writeUInt32BE(30_000, 16);
    png.writeUInt32BE(30_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    writeFileSync(path, png);
    const expected = {
      code: 'RIFE_ERR_DATA_FRAME',
      message: expect.stringContaining(
        '30000 x 30000 pixels (height x width), which take 2.7 GB. Expected at most 268,435,456 pixels.',
      ),
    };
    expect(await rejection(imageSize('a', path))).toMatchObject(expected);
    const decoded = decodeImage({id: 'a', width: 30_000, height: 30_000}, path);
    expect(await rejection(decoded)).toMatchObject(expected);
  });

  test('a pipe in place of a frame is not read', async () => {
    const path = join(tempFolder(), '0.png');
    spawnSync('mkfifo', [path]);
    for (const read of [() => imageSize('a', path), () => decodeImage({id: 'a', width: 8, height: 8}, path)])
      expect(await rejection(read())).toMatchObject({
        code: 'RIFE_ERR_DATA_FILE',
        message: expect.stringContaining('it is a named pipe'),
      });
  });

  test('a frame that disappeared', async () => {
    const path = await write('a.png', 3);
    rmSync(path);
    expect((await rejection(decodeImage(size, path))).code).toBe('RIFE_ERR_DATA_FILE');
  });
});

describe('videos', () => {
  test('selected frames equal those of the whole video', async () => {
    const clip = await demoClip();
    const frameBytes = 256 * 256 * 3;
    const whole = await decodeVideo(clip);
    const numbers = [0, 7, 64];
    const selected = await decodeVideo(clip, numbers);
    expect(whole).toHaveLength(65 * frameBytes);
    for (const [i, n] of numbers.entries()) {
      const expected = whole.subarray(n * frameBytes, (n + 1) * frameBytes);
      expect(equal(selected.subarray(i * frameBytes, (i + 1) * frameBytes), expected)).toBe(true);
    }
    expect(equal(selected.subarray(0, frameBytes), selected.subarray(frameBytes, 2 * frameBytes))).toBe(
      false,
    );
  });

  // Colours of half, a quarter and the full resolution; sides that are multiples of 8, and not.
  test.each(['yuv420p', 'yuv410p', 'yuv422p10le', 'gbrp'])(
    'a region of %s has the bits that it has in the whole frame',
    async format => {
      for (const [width, height] of [
        [96, 72],
        [100, 76],
      ] as const) {
        const path = join(tempFolder(), 'a.mkv');
        const source = `testsrc2=size=${width}x${height},noise=alls=40:allf=t`;
        const written = ['-frames:v', '4', '-pix_fmt', format, '-c:v', 'ffv1', path];
        execFileSync(await ffmpegOnce(), ['-v', 'error', '-f', 'lavfi', '-i', source, ...written]);
        const clip: Clip = {id: 'c', kind: 'video', path, frames: 4, width, height, files: []};
        const whole = await decodeVideo(clip, [0, 1, 3]);
        for (const crop of [
          {top: 0, left: 0, height: 32, width: 32},
          {top: 37, left: 21, height: 33, width: 41},
          {top: height - 32, left: width - 32, height: 32, width: 32},
        ]) {
          const region = await decodeVideoRegion(clip, [0, 1, 3], crop);
          const expected = whole.filter((_, i) => {
            const [y, x] = [Math.floor(i / (width * 3)) % height, Math.floor(i / 3) % width];
            return (
              y >= crop.top && y < crop.top + crop.height && x >= crop.left && x < crop.left + crop.width
            );
          });
          expect(equal(region, expected)).toBe(true);
        }
      }
    },
  );

  test('damage inside, and fewer frames than announced', async () => {
    const clip = await demoClip();
    const path = join(tempFolder(), 'damaged.mp4');
    copyTo(DEMO_VIDEO, path);
    damage(path);
    const damaged = await rejection(decodeVideo({...clip, path}));
    expect(damaged).toMatchObject({code: 'RIFE_ERR_DATA_VIDEO', message: expect.stringContaining(path)});
    const short = await rejection(decodeVideo({...clip, frames: 66}));
    expect(short.message).toContain('it yielded only 65 of 66 frames');
  });
});

describe('FrameStore', () => {
  const FRAME = 64 * 64 * 3;

  test('keeps the latest frames within its bound, and gives the right ones', async () => {
    const root = tempFolder();
    const raws = await writeClip(root, 9);
    const [clip] = await scanClips(root, 'train');
    const store = new FrameStore({cacheBytes: 4 * FRAME});
    for (const numbers of [
      [0, 1, 2],
      [1, 2, 3],
      [6, 7, 8],
      [0, 4, 8],
    ] as [number, number, number][]) {
      const frames = await store.triplet({clip: clip!, numbers});
      expect(frames.map((frame, i) => equal(frame, raws[numbers[i]!]!))).toEqual([true, true, true]);
      expect(store.bytes).toBeLessThanOrEqual(4 * FRAME);
    }
    rmSync(root, {recursive: true});
    await expect(store.triplet({clip: clip!, numbers: [0, 4, 8]})).resolves.toHaveLength(3); // kept
    expect((await rejection(store.triplet({clip: clip!, numbers: [1, 4, 8]}))).code).toBe(
      'RIFE_ERR_DATA_FILE',
    );
  });

  test('keeps a whole video where it fits, and the frames are the same either way', async () => {
    const clip = await demoClip();
    const request = {clip, numbers: [3, 30, 57] as [number, number, number]};
    const [keeping, sparing] = [new FrameStore(), new FrameStore({clipBytes: 1000})];
    const kept = await keeping.triplet(request);
    const spared = await sparing.triplet(request);
    expect(kept.map((frame, i) => equal(frame, spared[i]!))).toEqual([true, true, true]);
    expect([keeping.bytes, sparing.bytes]).toEqual([65 * 256 * 256 * 3, 0]);
  });

  const asImages = async (ending: string) => {
    const root = tempFolder();
    const video = await demoClip();
    const whole = await decodeVideo(video, [0, 3, 7]);
    const raw = {width: 256, height: 256, channels: 3} as const;
    for (const i of [0, 1, 2]) {
      const image = sharp(whole.subarray(i * 196608, (i + 1) * 196608), {raw});
      const written = ending === 'jpg' ? image.jpeg({quality: 90}) : image.webp({lossless: true});
      await (ending === 'png' ? image.png({adaptiveFiltering: true}) : written).toFile(
        join(root, `${i}.${ending}`),
      );
    }
    return (await scanClips(root, 'train'))[0]!;
  };

  test.each([
    ['png', asImages],
    ['webp', asImages],
    ['jpg', asImages],
    ['mp4', demoClip],
  ])(
    '%s: samples are the same whether frames are kept whole or decoded as far as needed',
    async (kind, open) => {
      const clip = await open(kind);
      const [keeping, sparing] = [new FrameStore(), new FrameStore({clipBytes: 0})];
      const crop = {top: 45, left: 83, height: 96, width: 128};
      const augmentation = {...NO_AUGMENTATION, rotation: 90, flipHorizontal: true} as const;
      const samples = [keeping, sparing].map(async store => {
        const target = new Uint8Array(96 * 128 * 9);
        const region = await store.region({clip, numbers: [0, 1, 2], crop});
        writeSample(region.frames, region.width, region.crop, augmentation, target);
        return target;
      });
      const [kept, spared] = await Promise.all(samples);
      expect(equal(kept!, spared!)).toBe(true);
      expect(keeping.bytes).toBe(clip.frames * 256 * 256 * 3);
      expect(sparing.bytes).toBe(0);
    },
  );
});

describe('readTriplet', () => {
  test('centres the crop and gives img0, img1, gt in BGR', async () => {
    const root = tempFolder();
    const raws = await writeClip(root, 9, 70, 100);
    const [clip] = await scanClips(root, 'train');
    const triplet = await readTriplet(clip!, {gap: 3, gt: 4});
    expect(triplet).toMatchObject({height: 64, width: 96, gap: 3, timestep: 0.5, name: `${clip!.id} 1-4-7`});
    const at = (frame: number) => [2, 1, 0].map(c => raws[frame]![((3 + 10) * 100 + 2 + 20) * 3 + c]);
    const offset = (10 * 96 + 20) * 9;
    expect([...triplet.images.subarray(offset, offset + 9)]).toEqual([...at(1), ...at(7), ...at(4)]);
  });

  test('reads three frames by number, at any timestep', async () => {
    const root = tempFolder();
    const raws = await writeClip(root, 9);
    const [clip] = await scanClips(root, 'train');
    const triplet = await readTriplet(clip!, {numbers: [1, 2, 8]});
    expect(triplet).toMatchObject({gap: 3.5, timestep: 1 / 7, name: `${clip!.id} 1-2-8`});
    const first = (frame: number) => [2, 1, 0].map(c => raws[frame]![c]);
    expect([...triplet.images.subarray(0, 9)]).toEqual([...first(1), ...first(8), ...first(2)]);
  });

  test.each([[[1, 1, 2]], [[3, 2, 1]], [[-1, 1, 2]], [[1, 2, 9]], [[1, 2]], [[0.5, 1, 2]], [[1, 2, NaN]]])(
    'refuses frames %j of 9',
    async numbers => {
      const [clip] = await scanClips(CLIP128, 'train');
      const {code, message} = await rejection(
        readTriplet(clip!, {numbers: numbers as [number, number, number]}),
      );
      expect(code).toBe('RIFE_ERR_DATA_TRIPLET');
      expect(message).toContain('from 0 to 8');
    },
  );

  test('refuses what does not fit', async () => {
    const [clip] = await scanClips(CLIP128, 'train');
    expect((await rejection(readTriplet(clip!, {gap: 5}))).code).toBe('RIFE_ERR_DATA_CLIP_SHORT');
    expect((await rejection(readTriplet(clip!, {gap: 2, gt: 7}))).code).toBe('RIFE_ERR_DATA_TRIPLET');
    expect((await rejection(readTriplet(clip!, {crop: [160, 128]}))).code).toBe('RIFE_ERR_DATA_CROP_SIZE');
    expect((await readTriplet(clip!)).images).toHaveLength(128 * 128 * 9);
  });
});

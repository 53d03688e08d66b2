import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import sharp from 'sharp';
import {outputPaths, readFrame, writeFrame} from '../images.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-images-'));
afterAll(() => rmSync(folder, {recursive: true}));
const at = (name: string) => join(folder, name);

const RGB = Uint8Array.of(10, 20, 30, 40, 50, 60);
const write = async (name: string, values = RGB, channels: 1 | 3 | 4 = 3) => {
  await sharp(values, {raw: {width: 2, height: 1, channels}}).toFile(at(name));
  return at(name);
};

describe('reading', () => {
  test('turns RGB into BGR', async () => {
    const {height, width, data} = await readFrame(await write('rgb.png'));
    expect([height, width, ...data]).toEqual([1, 2, 30, 20, 10, 60, 50, 40]);
    expect(data).toBeInstanceOf(Uint8Array);
  });

  test('drops alpha, and makes three channels of grey', async () => {
    const rgba = await write('rgba.png', Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 255), 4);
    expect([...(await readFrame(rgba)).data]).toEqual([3, 2, 1, 6, 5, 4]);
    const grey = await write('grey.png', Uint8Array.of(7, 9), 1);
    expect([...(await readFrame(grey)).data]).toEqual([7, 7, 7, 9, 9, 9]);
  });

  test('names a file that is not there, and one that is damaged', async () => {
    const code = 'RIFE_ERR_PREDICT_IMAGE';
    await expect(readFrame(at('none.png'))).rejects.toMatchObject({
      code,
      message: expect.stringContaining('none.png'),
    });
    const whole = readFileSync(await write('whole.png'));
    writeFileSync(at('torn.png'), whole.subarray(0, whole.length - 20));
    await expect(readFrame(at('torn.png'))).rejects.toMatchObject({code});
    writeFileSync(at('text.png'), 'no picture');
    await expect(readFrame(at('text.png'))).rejects.toMatchObject({code});
  });
});

test('writing rounds to the nearest byte, clamps, and turns BGR into RGB', async () => {
  const refined = Float32Array.of(0.4 / 255, 0.6 / 255, 100 / 255, 1.5, -0.1, 254.7 / 255);
  await writeFrame(at('deep/new.png'), {height: 1, width: 2, refined});
  const raw = await sharp(at('deep/new.png')).raw().toBuffer();
  expect([...raw]).toEqual([100, 1, 0, 255, 0, 255]);
  const {data} = await readFrame(at('deep/new.png'));
  expect([...data]).toEqual([0, 1, 100, 255, 0, 255]);
});

describe('output paths', () => {
  const code = 'RIFE_ERR_PREDICT_OUTPUT';
  beforeAll(() => writeFileSync(at('there.txt'), ''));

  test('one frame goes to a .png, several into a folder, in order of their names', () => {
    expect(outputPaths(at('one.PNG'), 1)(1)).toBe(at('one.PNG'));
    expect([1, 2, 3].map(outputPaths(at('new'), 3))).toEqual(
      ['1.png', '2.png', '3.png'].map(n => join(at('new'), n)),
    );
    expect(outputPaths(at('new'), 10)(2)).toBe(join(at('new'), '02.png'));
    expect(outputPaths(folder, 1)(1)).toBe(join(folder, '1.png'));
  });

  test('are refused before anything is computed', async () => {
    await write('there.png');
    expect(() => outputPaths(at('new.png'), 2)).toThrow(expect.objectContaining({code}));
    expect(() => outputPaths(at('there.png'), 2)).toThrow(expect.objectContaining({code}));
    expect(() => outputPaths(at('there.txt'), 1)).toThrow(expect.objectContaining({code}));
  });

  test.each(['new.jpg', 'new.JPEG', 'new.webp', 'new.mp4'])('%s is no folder, and none is made', name => {
    expect(() => outputPaths(at(name), 1)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining('frames are written as PNG') as string,
      }),
    );
    expect(existsSync(at(name))).toBe(false);
  });

  test('a folder that is there may have any name', () => {
    mkdirSync(at('frames.jpg'));
    expect(outputPaths(at('frames.jpg'), 2)(1)).toBe(at('frames.jpg/1.png'));
    expect(outputPaths(at('v1.0'), 2)(1)).toBe(at('v1.0/1.png'));
  });

  test('that the file system refuses', async () => {
    const frame = {height: 1, width: 1, refined: new Float32Array(3)};
    await expect(writeFrame(join(at('there.txt'), '1.png'), frame)).rejects.toMatchObject({code});
  });
});

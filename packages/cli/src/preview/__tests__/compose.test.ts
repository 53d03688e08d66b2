import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import sharp from 'sharp';
import {blank, draw, drawText, type Picture} from '../canvas.js';
import {composePreview} from '../compose.js';
import {drawable, glyphPixel, textWidth} from '../font.js';
import {bgrToRgb, errorMap, previewPanels, type PreviewSample} from '../panels.js';
import {copyAside, writePng} from '../writePng.js';

const pixel = ({rgb, width}: Picture, x: number, y: number) => [
  ...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

/**
 * 2 x 1 pixels; img0 blue, img1 green, gt red (in BGR), refined equal to gt in the first pixel and
 * black in the other.
 */
function sample(): PreviewSample {
  const one = [255, 0, 0, 0, 255, 0, 0, 0, 255];
  return {
    height: 1,
    width: 2,
    images: Uint8Array.from([...one, ...one]),
    refined: Float32Array.of(0, 0, 1, 0, 0, 0),
    flow: Float32Array.of(4, 0, -4, 0, 0, 0, 0, 0),
  };
}

test('BGR becomes RGB, is clamped, and NaN is black', () => {
  expect([...bgrToRgb([1, 0.5, -3, 2, NaN, 0], 3, 0, 255)]).toEqual([0, 128, 255, 0, 0, 255]);
});

test('the error map runs from black over red and yellow to white', () => {
  const map = (difference: number) => [
    ...errorMap(Uint8Array.of(difference, difference, difference), new Uint8Array(3)),
  ];
  expect([map(0), map(10), map(21), map(42), map(255)]).toEqual([
    [0, 0, 0],
    [120, 0, 0],
    [252, 0, 0],
    [255, 249, 0],
    [255, 255, 255],
  ]);
});

test('panels show the triplet, what became of it, and the flow', () => {
  const panels = previewPanels(sample());
  expect(panels.map(({label}) => label)).toEqual([
    'img0',
    'merged',
    'gt',
    'error x4',
    'flow t>0',
    't>1 4.0 px',
  ]);
  const first = panels.map(({picture}) => pixel(picture, 0, 0));
  expect(first[0]).toEqual([0, 0, 255]);
  expect(first[1]).toEqual([255, 0, 0]);
  expect(first[2]).toEqual([255, 0, 0]);
  expect(first[3]).toEqual([0, 0, 0]);
  expect(first[4]).toEqual([255, 0, 0]);
  expect(pixel(panels[3]!.picture, 1, 0)).toEqual([255, 255, 255]);
  expect(pixel(panels[5]!.picture, 1, 0)).toEqual([255, 255, 255]);
});

test('drawing enlarges and cuts off at the edge', () => {
  const target = blank(4, 2, [0, 0, 0]);
  draw(target, {width: 1, height: 1, rgb: Uint8Array.of(9, 8, 7)}, 3, 0, 2);
  expect(pixel(target, 3, 1)).toEqual([9, 8, 7]);
  expect(pixel(target, 2, 0)).toEqual([0, 0, 0]);
  expect(pixel(target, 0, 1)).toEqual([0, 0, 0]);
});

test('text is made of glyphs', () => {
  const target = blank(12, 8, [0, 0, 0]);
  drawText(target, 'I', 0, 0, 1, [255, 255, 255]);
  const column = (x: number) => Array.from({length: 7}, (_, y) => pixel(target, x, y)[0]! > 0);
  expect(column(2)).toEqual(Array(7).fill(true));
  expect(column(0)).toEqual(Array(7).fill(false));
  expect(textWidth('abc', 2)).toBe(36);
});

const glyph = (sign: string) =>
  Array.from({length: 40}, (_, i) => Number(glyphPixel(sign, i % 5, Math.floor(i / 5)))).join('');

test('every sign that a file name may have has a glyph of its own, or its code', () => {
  const ascii = Array.from({length: 95}, (_, i) => String.fromCharCode(32 + i));
  expect(new Set(ascii.map(glyph)).size).toBe(95);
  expect(drawable(ascii.join(''))).toBe(ascii.join(''));
  expect(drawable('Été_ø 日\n😀 e\u0301')).toBe('Ete_\\u00f8 \\u65e5\\u000a\\ud83d\\ude00 e');
  const wide = textWidth('日本', 1);
  expect(wide).toBe(12 * 6);
});

test('a sheet holds all panels side by side, enlarged, under a title', () => {
  const panels = previewPanels(sample()).map(panel => ({...panel, picture: blank(64, 32, [1, 2, 3])}));
  const sheet = composePreview('step 5', panels);
  expect(sheet.width).toBe(4 + 6 * (192 + 4));
  expect(pixel(sheet, 4 + 5 * 196, sheet.height - 5)).toEqual([1, 2, 3]);
  expect(pixel(sheet, sheet.width - 1, sheet.height - 5)).toEqual([24, 24, 24]);
});

test('a PNG is written with its parents, and nothing is left beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rife-preview-'));
  try {
    await writePng(join(folder, 'a/b.png'), blank(3, 2, [10, 20, 30]));
    await copyAside(join(folder, 'a/b.png'), join(folder, 'a/c.png'));
    expect(readdirSync(join(folder, 'a')).sort()).toEqual(['b.png', 'c.png']);
    const {data, info} = await sharp(join(folder, 'a/c.png')).raw().toBuffer({resolveWithObject: true});
    expect([info.width, info.height, ...data.subarray(0, 3)]).toEqual([3, 2, 10, 20, 30]);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

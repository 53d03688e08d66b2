/**
 * Pictures that are spoiled in a way that lenient decoders make a picture of, and files that are no
 * pictures.
 */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {pixels, rejection, tempFolder} from '../../../__tests__/support';
import {decodeImage, imageSize} from '../../image';
import {checkJpeg} from '../jpeg';
import {foreignFile} from '../../fileKind';

const SIDE = 160;
const SIZE = {id: 'c', height: SIDE, width: SIDE};
/** Smooth with some grain, as photographs are. */
const photo = () =>
  sharp(pixels(SIDE / 4, SIDE / 4, 9), {raw: {width: SIDE / 4, height: SIDE / 4, channels: 3}}).resize(SIDE);

const WRITERS = {
  jpg: () => photo().jpeg({quality: 90}),
  'jpg, progressive': () => photo().jpeg({quality: 90, progressive: true}),
  'jpg, 4:4:4': () => photo().jpeg({quality: 60, chromaSubsampling: '4:4:4'}),
  'jpg, grey': () => photo().greyscale().jpeg(),
  png: () => photo().png(),
  'png, 16 bits': () => photo().toColourspace('rgb16').png(),
  'png, palette': () => photo().png({palette: true}),
  webp: () => photo().webp({lossless: true}),
  'webp, lossy': () => photo().webp({quality: 95}),
};
const made = new Map<string, Buffer>();
beforeAll(async () => {
  for (const [name, writer] of Object.entries(WRITERS)) made.set(name, await writer().toBuffer());
});

function write(data: Buffer, ending = 'png'): string {
  const path = join(tempFolder(), `a.${ending}`);
  writeFileSync(path, data);
  return path;
}

/** Zeros or noise over a share of the file from a share of it on. */
function spoil(data: Buffer, from: number, to: number, noise = false): Buffer {
  const copy = Buffer.from(data);
  for (let at = Math.floor(from * data.length); at < to * data.length; at++)
    copy[at] = noise ? (at * 2654435761) >>> 24 : 0;
  return copy;
}

const KINDS = Object.keys(WRITERS);

test.each(KINDS)('%s: whole, and with bytes after its end', async kind => {
  const data = made.get(kind)!;
  await decodeImage(SIZE, write(data));
  await decodeImage(SIZE, write(Buffer.concat([data, Buffer.alloc(100)])));
});

const HARMS: Record<string, (data: Buffer) => Buffer> = {
  'cut off': data => data.subarray(0, Math.floor(data.length * 0.7)),
  'last byte missing': data => data.subarray(0, -1),
  'half zeros': data => spoil(data, 0.5, 1),
  '90 % zeros': data => spoil(data, 0.1, 1),
  'zeros in the middle': data => spoil(data, 0.4, 0.6),
  'noise in the middle': data => spoil(data, 0.4, 0.6, true),
};
/** Noise is what a lossy WebP's data looks like; without a checksum nobody can know. */
const UNTOLD = new Set(['webp, lossy: noise in the middle']);

const CASES = KINDS.flatMap(kind => Object.keys(HARMS).map(harm => [kind, harm] as const));

test.each(CASES.filter(([kind, harm]) => !UNTOLD.has(`${kind}: ${harm}`)))(
  '%s, %s: refused, with the byte',
  async (kind, harm) => {
    const path = write(HARMS[harm]!(made.get(kind)!));
    const {code, message} = await rejection(decodeImage(SIZE, path));
    expect(code).toBe('RIFE_ERR_DATA_FRAME');
    expect(message).toContain(path);
    expect(message).toMatch(/ is damaged: .* \(byte \d+\)\. |can’t be decoded/);
    expect(message).not.toMatch(/Vips|pngload|libspng|libpng|Input (file|buffer)/);
  },
);

test('a JPEG’s damage is found at its place', () => {
  const whole = made.get('jpg')!;
  expect(checkJpeg(whole).damage).toBeUndefined();
  const {damage} = checkJpeg(spoil(whole, 0.5, 0.6, true));
  expect(damage!.at).toBeGreaterThan(0.49 * whole.length);
  expect(damage!.at).toBeLessThan(0.7 * whole.length);
  expect(checkJpeg(spoil(whole, 0.5, 1)).damage).toMatchObject({
    at: Math.floor(0.5 * whole.length),
    what: 'nothing but zeros from here to the end',
  });
});

test('a JPEG with more compressed bytes than its pixels need', () => {
  const whole = made.get('jpg')!;
  const more = Buffer.concat([whole.subarray(0, -2), Buffer.alloc(40, 0x55), whole.subarray(-2)]);
  expect(checkJpeg(more).damage?.what).toBe('40 bytes more than the pixels need');
});

test('restart marks out of turn', async () => {
  const jpeg = Buffer.from(made.get('jpg')!);
  const interval = Buffer.from([0xff, 0xdd, 0, 4, 0, 50]);
  const marked = Buffer.concat([jpeg.subarray(0, 2), interval, jpeg.subarray(2)]);
  expect(checkJpeg(marked).damage!.what).toBe('0 restart marks, where 1 are due');
});

const FOREIGN: readonly [name: string, head: Buffer | string, is: RegExp, fix: RegExp][] = [
  ['empty', '', /an empty file/, /Copy/],
  ['zeros', Buffer.alloc(300), /zeros/, /Copy/],
  ['BMP', 'BM\x36\0\0\0', /a BMP picture/, /Convert it to PNG/],
  ['GIF', 'GIF89a', /a GIF/, /Extract/],
  ['TIFF', Buffer.from('49492a0008000000', 'hex'), /a TIFF/, /Convert/],
  ['TIFF of Motorola', Buffer.from('4d4d002a00000008', 'hex'), /a TIFF/, /Convert/],
  ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', /a HEIC picture/, /Convert/],
  ['HEIC by its second brand', '\0\0\0\x18ftypmif1\0\0\0\0mif1heic', /a HEIC picture/, /Convert/],
  ['AVIF', '\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf', /an AVIF picture/, /Convert/],
  ['MP4', '\0\0\0\x18ftypisom\0\0\0\0isommp41', /an MP4/, /Extract/],
  ['JPEG XL', Buffer.from('ff0a7f', 'hex'), /a JPEG XL/, /Convert/],
  ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n', /a JPEG 2000/, /Convert/],
  ['OpenEXR', Buffer.from('762f310102000000', 'hex'), /an OpenEXR/, /Convert/],
  ['HTML', '\n<!DOCTYPE html><html><body>404', /an HTML page/, /Download it again/],
  [
    'git-lfs',
    'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
    /git-lfs/,
    /git lfs pull/,
  ],
  ['SVG', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', /an SVG/, /Convert/],
  ['JSON', '{"error": "not found"}', /a JSON text/, /again/],
  ['text', 'frame', /a text/, /again/],
  ['PPM', 'P6\n2 2\n255\n\0\0\0', /a PNM picture/, /Convert/],
  ['ZIP', 'PK\x03\x04\x14', /a ZIP/, /Unpack/],
  ['AVI', 'RIFF\x10\0\0\0AVI LIST', /no WebP/, /Extract/],
  ['noise', Buffer.from([3, 200, 7, 0, 1, 254]), /no picture that is known/, /again/],
];

test.each(FOREIGN)('%s named as a picture: said, with what to do', async (_, head, is, fix) => {
  const data = typeof head === 'string' ? Buffer.from(head, 'latin1') : head;
  const said = foreignFile(data);
  expect(said.is).toMatch(is);
  expect(said.fix).toMatch(fix);
  const path = write(data, 'jpg');
  for (const read of [() => imageSize('c', path), () => decodeImage(SIZE, path)]) {
    const {code, message} = await rejection(read());
    expect(code).toBe('RIFE_ERR_DATA_FRAME');
    expect(message).toContain(`"${path}" of clip "c" is ${said.is}. Expected a PNG, JPEG or WebP file.`);
  }
});

/**
 * Lossless ways to store a tile, for docs/decisions/0010-frame-cache.md: size, and processor time
 * of packing and reading a frame.
 *
 *     node bench/data/codecs.mjs FOLDER [--tile 128]
 *
 * FOLDER holds PNG of one size, at any depth; twelve of them are taken. Processor time is that of
 * this process, so that others on the machine disturb little. zstd is measured where Node has it
 * (22.15).
 */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import zlib from 'node:zlib';
import sharp from 'sharp';
import {fail, wholeNumber} from '../lib/numbers.mjs';
import {FILTERS} from './filters.mjs';

const FRAMES = 12;
const ROUNDS = 4;

sharp.concurrency(1);
sharp.cache(false);

function cpuMs() {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

const inflate = (bytes, length) => zlib.inflateRawSync(bytes, {chunkSize: length + 64});
const deflate = options => ({encode: tile => zlib.deflateRawSync(tile, options), decode: inflate});
const brotli = quality => ({
  encode: tile => zlib.brotliCompressSync(tile, {params: {[zlib.constants.BROTLI_PARAM_QUALITY]: quality}}),
  decode: bytes => zlib.brotliDecompressSync(bytes),
});
const zstd = level => ({
  encode: tile => zlib.zstdCompressSync(tile, {params: {[zlib.constants.ZSTD_c_compressionLevel]: level}}),
  decode: bytes => zlib.zstdDecompressSync(bytes),
});

const CODECS = {
  'deflate 1': deflate({level: 1}),
  'deflate 4': deflate({level: 4}),
  'deflate 6': deflate({level: 6}),
  'deflate, runs only': deflate({strategy: zlib.constants.Z_RLE}),
  'brotli 1': brotli(1),
  ...(zlib.zstdCompressSync ? {'zstd 1': zstd(1), 'zstd 3': zstd(3)} : {}),
};

const image = ({pixels, width, height}) => sharp(pixels, {raw: {width, height, channels: 3}});
const IMAGES = {
  'PNG tiles (sharp)': tile => image(tile).png({compressionLevel: 1, adaptiveFiltering: true}).toBuffer(),
  'WebP tiles, effort 0 (sharp)': tile => image(tile).webp({lossless: true, effort: 0}).toBuffer(),
};

function tilesOf({data, info: {width, height}}, side) {
  const tiles = [];
  for (let top = 0; top < height; top += side)
    for (let left = 0; left < width; left += side) {
      const [w, h] = [Math.min(side, width - left), Math.min(side, height - top)];
      const pixels = new Uint8Array(w * h * 3);
      for (let y = 0; y < h; y++) {
        const from = ((top + y) * width + left) * 3;
        pixels.set(data.subarray(from, from + w * 3), y * w * 3);
      }
      tiles.push({pixels, width: w, height: h});
    }
  return tiles;
}

/** Least processor time of a few rounds, in ms. */
async function least(action) {
  let best = Infinity;
  for (let i = 0; i < ROUNDS; i++) {
    const start = cpuMs();
    await action();
    best = Math.min(best, cpuMs() - start);
  }
  return best;
}

async function measure(name, tiles, rawBytes, encode, decode) {
  const start = cpuMs();
  const stored = [];
  for (const tile of tiles) stored.push(await encode(tile));
  const encodeMs = cpuMs() - start;
  for (const [i, tile] of tiles.entries())
    if (Buffer.compare(await decode(stored[i], tile), tile.pixels) !== 0) throw new Error(`${name} is lossy`);
  const decodeMs = await least(async () => {
    for (const [i, tile] of tiles.entries()) await decode(stored[i], tile);
  });
  const size = stored.reduce((sum, {length}) => sum + length, 0) / rawBytes;
  const cells = [
    `${(100 * size).toFixed(1)} %`,
    (encodeMs / FRAMES).toFixed(1),
    (decodeMs / FRAMES).toFixed(1),
  ];
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}

async function main() {
  const {values, positionals} = parseArgs({
    options: {tile: {type: 'string', default: '128'}},
    allowPositionals: true,
  });
  const root = positionals[0] ?? fail('name a folder of PNG');
  const names = readdirSync(root, {recursive: true})
    .filter(name => name.endsWith('.png'))
    .sort();
  const files = Array.from({length: FRAMES}, (_, i) =>
    join(root, names[Math.floor((i * names.length) / FRAMES)]),
  );
  const decodePng = file => sharp(file).raw().toBuffer({resolveWithObject: true});
  const frames = [];
  for (const file of files) frames.push(await decodePng(file));
  const rawBytes = frames.reduce((sum, {data}) => sum + data.length, 0);
  const pngBytes = files.reduce((sum, file) => sum + readFileSync(file).length, 0);
  const pngMs = await least(async () => {
    for (const file of files) await decodePng(file);
  });
  console.log(`${process.version}, tiles of ${values.tile}\n`);
  console.log('| | size, of raw | packing, ms a frame | reading, ms a frame |\n| --- | --- | --- | --- |');
  console.log(
    `| the PNG files themselves | ${((100 * pngBytes) / rawBytes).toFixed(1)} % | | ${(pngMs / FRAMES).toFixed(1)} |`,
  );
  const tiles = frames.flatMap(frame => tilesOf(frame, wholeNumber('tile', values.tile, 16)));
  for (const [filterName, filter] of Object.entries(FILTERS))
    for (const [codecName, codec] of Object.entries(CODECS))
      await measure(
        `${filterName}, ${codecName}`,
        tiles,
        rawBytes,
        ({pixels, width}) => codec.encode(filter.apply(pixels.slice(), width * 3)),
        (bytes, {pixels, width}) => filter.undo(codec.decode(bytes, pixels.length), width * 3),
      );
  for (const [name, encode] of Object.entries(IMAGES))
    await measure(name, tiles, rawBytes, encode, bytes => sharp(bytes).raw().toBuffer());
}

await main().catch(fail);

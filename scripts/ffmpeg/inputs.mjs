/**
 * Videos whose frames carry their own number, so that missing, repeated or misordered frames can be
 * detected.
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {dialectOf} from './product.mjs';

export const SIDE = 64;
export const FRAMES = 12;
/** Bits of the number, one block each in the top row. */
const BITS = 8;

export const RATES = ['1', '5', '8', '10', '12', '24000/1001', '25', '30', '60', '240', '1000'];
export const CONTAINERS = ['mp4', 'mov', 'mkv', 'webm'];

/** RGB bytes [side,side,3] of a texture that moves, with the number in it. */
export function numberedFrame(number, side = SIDE) {
  const frame = Buffer.alloc(side * side * 3);
  const block = side / BITS;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [u, v] = [(x + 2 * number) >> 2, (y + number) >> 2];
      const texture = 40 + (((u * 73 + v * 151 + u * v * 31) * 2654435761) >>> 24) * 0.7;
      const value = y < block ? ((number >> Math.floor(x / block)) & 1 ? 230 : 20) : texture;
      frame.fill(Math.round(value), (y * side + x) * 3, (y * side + x) * 3 + 3);
    }
  return frame;
}

/**
 * The number in a picture.
 * @param brightness of the pixel at (x, y), with sides of 1
 */
export function numberIn(brightness) {
  let number = 0;
  for (let bit = 0; bit < BITS; bit++)
    if (brightness((bit + 0.5) / BITS, 0.5 / BITS) > 125) number |= 1 << bit;
  return number;
}

const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '12'];
const CODECS = {
  webm: [
    '-c:v',
    'libvpx-vp9',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
    '-b:v',
    '2M',
    '-pix_fmt',
    'yuv420p',
  ],
};

function encode(binary, path, {rate = '25', first = 0, frames = FRAMES, output, side = SIDE}) {
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${side}x${side}`, '-r', rate, '-i', '-'];
  const raw = Buffer.concat(Array.from({length: frames}, (_, i) => numberedFrame(first + i, side)));
  const {status, stderr} = spawnSync(binary, ['-v', 'error', '-y', ...input, ...output, path], {input: raw});
  if (status !== 0) throw new Error(`ffmpeg could not write ${path}: ${stderr}`);
}

const dialects = new Map();
const everyFrame = binary => {
  if (!dialects.has(binary))
    dialects.set(binary, dialectOf(spawnSync(binary, ['-version'], {encoding: 'utf8'}).stdout));
  return dialects.get(binary).everyFrame;
};

/** Frames at uneven times, as phones and screen recorders produce them. */
const uneven = binary => ['-vf', "setpts='N*33+300*floor(N/3)'", ...everyFrame(binary)];

/** One stream of two parts whose frames have different formats or sizes. */
function joined(binary, path, second) {
  const parts = [{}, {first: FRAMES / 2, ...second}].map((part, i) => {
    const piece = `${path}.${i}.h264`;
    const pixels = part.pixels ?? 'yuv420p';
    encode(binary, piece, {...part, frames: FRAMES / 2, output: [...X264, '-bf', '0', '-pix_fmt', pixels]});
    return readFileSync(piece);
  });
  writeFileSync(`${path}.h264`, Buffer.concat(parts));
  const args = [
    '-v',
    'error',
    '-y',
    '-fflags',
    '+genpts',
    '-r',
    '25',
    '-i',
    `${path}.h264`,
    '-c',
    'copy',
    path,
  ];
  const {status, stderr} = spawnSync(binary, args);
  if (status !== 0) throw new Error(`ffmpeg could not write ${path}: ${stderr}`);
}

/**
 * Makes `train/<scene>/<file>` for each rate and container.
 * @param binary an ffmpeg with libx264 and libvpx-vp9
 */
export function makeInputs(binary, root, {rates = RATES, containers = CONTAINERS} = {}) {
  for (const container of containers) {
    const folder = join(root, 'train', container);
    mkdirSync(folder, {recursive: true});
    const codec = CODECS[container] ?? [...X264, '-pix_fmt', 'yuv420p'];
    for (const rate of rates)
      encode(binary, join(folder, `${rate.replace('/', '_')}.${container}`), {rate, output: codec});
    const output = [...uneven(binary), ...codec];
    encode(binary, join(folder, `uneven.${container}`), {rate: '1000', output});
  }
  const other = join(root, 'train/joined');
  mkdirSync(other, {recursive: true});
  for (const container of containers.filter(one => one !== 'webm'))
    joined(binary, join(other, `format-${container}.${container}`), {pixels: 'yuv444p'});
}

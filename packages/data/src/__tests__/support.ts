import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import sharp from 'sharp';

/** Nine frames of 128 x 128. */
export const CLIP128 = join(__dirname, 'fixtures', 'clip128');
/** Six videos of 65 frames of 256 x 256. */
export const DEMO = join(__dirname, '../../../../examples/quickstart/clips');
export const DEMO_VIDEO = join(DEMO, 'train/001/cam01.mp4');

const made: string[] = [];
afterAll(() => made.forEach(folder => rmSync(folder, {recursive: true, force: true})));

/** An empty folder that goes away after the suite. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rife-data-'));
  made.push(folder);
  return folder;
}

/** RGB bytes that differ in every pixel, channel and frame. */
export function pixels(height: number, width: number, seed: number, channels = 3): Uint8Array {
  return Uint8Array.from(
    {length: height * width * channels},
    (_, i) => ((i + 1) * 2654435761 + seed * 1013904223) >>> 24,
  );
}

/** Writes a lossless frame, and returns its RGB bytes. */
export async function writeFrame(
  path: string,
  height: number,
  width: number,
  seed: number,
): Promise<Uint8Array> {
  const raw = pixels(height, width, seed);
  mkdirSync(dirname(path), {recursive: true});
  await sharp(raw, {raw: {width, height, channels: 3}}).toFile(path);
  return raw;
}

/** A folder clip of PNG frames `0000.png`, ...; returns their RGB bytes. */
export async function writeClip(
  folder: string,
  frames: number,
  height = 64,
  width = 64,
): Promise<Uint8Array[]> {
  const raws: Uint8Array[] = [];
  for (let i = 0; i < frames; i++) {
    raws.push(await writeFrame(join(folder, `${String(i).padStart(4, '0')}.png`), height, width, i));
  }
  return raws;
}

export function copyTo(source: string, target: string): void {
  mkdirSync(dirname(target), {recursive: true});
  cpSync(source, target, {recursive: true});
}

/** Cuts a file off after a part of its bytes. */
export function truncate(path: string, part: number): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * part)));
}

/** Flips bytes in the middle of a file, leaving its length and header alone. */
export function damage(path: string): void {
  const bytes = readFileSync(path);
  for (let i = 0; i < 40; i++) bytes[Math.floor(bytes.length * 0.4) + i * 13]! ^= 0xff;
  writeFileSync(path, bytes);
}

/** Code and message of what a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<{code: string; message: string}> {
  return promise.then(
    () => ({code: 'nothing was thrown', message: ''}),
    (error: {code: string; message: string}) => ({code: error.code, message: error.message}),
  );
}

/** Videos that ffmpeg makes for tests. */
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {dialectOnce} from '../decode/ffmpeg';
import {runFfmpeg} from '../decode/runFfmpeg';
import {decodeVideo} from '../decode/video/decode';
import {probeVideo} from '../decode/video/probe';
import type {Clip} from '../clip';
import {DEMO_VIDEO, tempFolder, truncate} from './support';

export const TEST_PICTURES = ['-f', 'lavfi', '-i', 'testsrc=size=322x182:rate=30:duration=1'];

/** Writes a file of this name, and returns its path. */
export async function madeOf(name: string, args: readonly string[]): Promise<string> {
  const path = join(tempFolder(), name);
  const {exitCode, stderr} = await runFfmpeg(['-v', 'error', '-y', ...args, path]);
  if (exitCode !== 0) throw new Error(stderr);
  return path;
}

/** A clip as a scan opens it. */
export async function openVideo(path: string): Promise<Clip> {
  const named = {id: 'a', path};
  return {...named, ...(await probeVideo(named)), kind: 'video', files: []};
}

export const wholeOf = async (path: string) => decodeVideo(await openVideo(path));

/** Six frames of a moving test picture, as an H.264 stream without a container. */
export const piece = (start: number, size = '64x48', pixels = 'yuv420p') =>
  madeOf('piece.h264', [
    ...[
      '-f',
      'lavfi',
      '-i',
      `testsrc2=size=${size}:rate=25`,
      '-vf',
      `trim=start_frame=${start},setpts=PTS-STARTPTS`,
    ],
    ...['-frames:v', '6', '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-pix_fmt', pixels],
  ]);

/** Streams one after the other, in a file of this name. */
export async function joined(name: string, streams: readonly Uint8Array[]): Promise<string> {
  const stream = join(tempFolder(), 'joined.h264');
  writeFileSync(stream, Buffer.concat(streams));
  return madeOf(name, ['-fflags', '+genpts', '-r', '25', '-i', stream, '-c', 'copy']);
}

/** Two pieces whose second one has other pictures. */
export async function changing(name: string, size = '64x48', pixels = 'yuv420p') {
  const pieces = [await piece(0), await piece(6, size, pixels)] as const;
  return {
    path: await joined(
      name,
      pieces.map(path => readFileSync(path)),
    ),
    pieces,
  };
}

/** Twelve frames at uneven times. */
export const unevenVideo = async (name: string) =>
  madeOf(name, [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=1000', '-vf', "setpts='N*33+300*floor(N/3)'"],
    ...[...(await dialectOnce()).everyFrame, '-frames:v', '12', '-c:v', 'libx264', '-preset', 'ultrafast'],
  ]);

/** Forty frames of VP8, with hidden packets among them. */
export async function hiddenFrames(): Promise<string> {
  const log = join(tempFolder(), 'log');
  const args = (pass: string) => [
    ...[
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=64x48:rate=30',
      '-frames:v',
      '40',
      '-c:v',
      'libvpx',
      '-b:v',
      '60k',
    ],
    ...['-auto-alt-ref', '1', '-lag-in-frames', '16', '-pass', pass, '-passlogfile', log],
  ];
  await madeOf('first.webm', args('1'));
  return madeOf('a.webm', args('2'));
}

/** A folder of videos with a variable rate, a rotation mark, and neither. */
export async function remarkable(): Promise<string> {
  const root = tempFolder();
  copyFileSync(await unevenVideo('a.mp4'), join(root, 'uneven.mp4'));
  copyFileSync(await unevenVideo('a.mkv'), join(root, 'uneven2.mkv'));
  const turned = ['-i', DEMO_VIDEO, '-c', 'copy', '-metadata:s:v:0', 'rotate=90'];
  copyFileSync(await madeOf('a.mp4', turned), join(root, 'turned.mp4'));
  copyFileSync(DEMO_VIDEO, join(root, 'plain.mp4'));
  return root;
}

/** The demo video in a file of this name, cut off after a share of its bytes. */
export async function cutOff(name: string, share: number, ...args: string[]): Promise<string> {
  const path = await madeOf(name, ['-i', DEMO_VIDEO, '-c', 'copy', ...args]);
  truncate(path, share);
  return path;
}

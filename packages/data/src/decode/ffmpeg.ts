import {execFile} from 'node:child_process';
import {accessSync, chmodSync, constants, statSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {promisify} from 'node:util';
import {ffmpegMissing, messageOf} from '@rife-train/errors';

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function onPath(path: string): string | undefined {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  return path
    .split(delimiter)
    .filter(Boolean)
    .map(folder => join(folder, name))
    .find(isExecutable);
}

async function importInstaller(): Promise<string> {
  const module = (await import('@ffmpeg-installer/ffmpeg')) as {default: {path: string}};
  return module.default.path;
}

/** npm can drop the executable bit when install scripts are disabled; this restores it. */
function ensureExecutable(path: string): void {
  if (isExecutable(path)) return;
  chmodSync(path, 0o755);
}

/**
 * Path of ffmpeg: the first on the PATH, else the binary of the optional npm package
 * `@ffmpeg-installer/ffmpeg`.
 * @throws RIFE_ERR_DATA_FFMPEG if there is neither
 */
export async function findFfmpeg(
  path = process.env.PATH ?? '',
  installer = importInstaller,
): Promise<string> {
  const found = onPath(path);
  if (found) return found;
  try {
    const packaged = await installer();
    ensureExecutable(packaged);
    return packaged;
  } catch (error) {
    throw ffmpegMissing(`none on the PATH, and the npm package gave: ${messageOf(error).split('\n')[0]}`);
  }
}

let located: Promise<string> | undefined;

/** Path of ffmpeg, found once and remembered. @throws RIFE_ERR_DATA_FFMPEG */
export const ffmpegOnce = () => (located ??= findFfmpeg());

/** Options whose names depend on the version of ffmpeg. */
export interface Dialect {
  /** Output option: each frame once, whatever its time. */
  everyFrame: string[];
  /**
   * Input option: pictures as the decoder outputs them. Newer versions would crop them as the
   * container says; older ones can't.
   */
  uncropped: string[];
  /** True if `0:V:0` counts cover pictures, although it does not match them. */
  countsCovers: boolean;
}

/**
 * @param version what `ffmpeg -version` prints; without a version of libavcodec, a new one is
 * assumed
 */
export function dialectOf(version: string): Dialect {
  const [major, minor] = (/libavcodec\s+(\d+)\.\s*(\d+)/.exec(version)?.slice(1) ?? ['99', '0']).map(Number);
  // 6.0, 7.1 and 4.2; in many builds the version of the program itself is a hash or a date.
  const isAtLeast = (wanted: number, from = 0) => major! > wanted || (major === wanted && minor! >= from);
  return {
    everyFrame: isAtLeast(60) ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'],
    uncropped: isAtLeast(61, 19) ? ['-apply_cropping', 'codec'] : [],
    countsCovers: !isAtLeast(58, 54),
  };
}

/** Most time for ffmpeg to print its version, milliseconds. */
const VERSION_MS = 30_000;

let dialect: Promise<Dialect> | undefined;

async function askDialect(): Promise<Dialect> {
  const binary = await ffmpegOnce();
  const {stdout} = await promisify(execFile)(binary, ['-version'], {timeout: VERSION_MS}).catch(
    (error: unknown) => {
      throw ffmpegMissing(`"${binary}" can't be started: ${messageOf(error).split('\n')[0]}`);
    },
  );
  return dialectOf(stdout);
}

/** The options of the installed ffmpeg, read once and remembered. @throws RIFE_ERR_DATA_FFMPEG */
export const dialectOnce = () => (dialect ??= askDialect());

/** The last line of an ffmpeg log that gives a reason, for error messages. */
export function lastLine(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map(line => line.replace(/ @ 0x[0-9a-f]+/, '').trim());
  return lines.filter(line => line && line !== 'Conversion failed!').at(-1) ?? 'no reason given';
}

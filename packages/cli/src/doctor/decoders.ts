import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {messageOf} from '@rife-train/errors';
import type {Finding} from './finding.js';

/** The part of sharp that matters here. */
interface SharpModule {
  default: {versions: Record<string, string | undefined>};
}

/** Does sharp's native part load? Images are read, and previews written, through it. */
export async function sharpFinding(
  load: () => Promise<SharpModule> = () => import('sharp'),
): Promise<Finding> {
  try {
    const {versions} = (await load()).default;
    return {
      verdict: 'ok',
      name: 'sharp',
      text: `${versions['sharp'] ?? '?'} (libvips ${versions['vips'] ?? '?'})`,
    };
  } catch (error) {
    return {
      verdict: 'bad',
      name: 'sharp',
      text: 'its native part does not load',
      details: [
        messageOf(error).trim(),
        'Install again on this machine: npm install --include=optional sharp',
      ],
    };
  }
}

/** Is there an ffmpeg? Only videos need it. */
export async function ffmpegFinding(
  find: () => Promise<string>,
  version: (path: string) => Promise<string> = askVersion,
): Promise<Finding> {
  try {
    const path = await find();
    return {verdict: 'ok', name: 'ffmpeg', text: `${await version(path)} (${path})`};
  } catch (error) {
    return {
      verdict: 'note',
      name: 'ffmpeg',
      text: 'none; clips can be folders of images, but not videos',
      details: [messageOf(error).trim()],
    };
  }
}

/** First line of `ffmpeg -version`, less the copyright. */
async function askVersion(path: string): Promise<string> {
  const {stdout} = await promisify(execFile)(path, ['-version']);
  return /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? 'of unknown version';
}

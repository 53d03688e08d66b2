/**
 * Saves the entries of examined videos while others are examined, so that an interrupted build does
 * not lose hours of work.
 */
import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {buildWriteFailed, messageOf} from '@rife-train/errors';
import {replaceFile} from '@rife-train/files';
import type {BuildSettings} from './options.js';
import type {BuiltClip, BuiltVideo} from './report.js';

/** A video with its clips; splits are assigned when all videos are known. */
export interface Entry {
  video: BuiltVideo;
  clips: Omit<BuiltClip, 'split' | 'path'>[];
}

/** Hidden, so that no scan finds it. */
export const REMEMBERED_NAME = '.looked.json';

/**
 * Entries of videos examined with the same settings, in a file that is deleted once `build.json`
 * exists.
 */
export class Remembered {
  private readonly path: string;
  private readonly settings: string;
  private entries: Entry[] = [];

  private constructor(out: string, settings: BuildSettings) {
    this.path = join(out, REMEMBERED_NAME);
    this.settings = JSON.stringify(settings);
  }

  /** Reads the entries of an earlier build; none if its settings differ or the file is damaged. */
  static async open(out: string, settings: BuildSettings): Promise<Remembered> {
    const remembered = new Remembered(out, settings);
    try {
      const file = JSON.parse(await readFile(remembered.path, 'utf8')) as {
        settings: string;
        entries: Entry[];
      };
      if (file.settings === remembered.settings) remembered.entries = file.entries;
    } catch {
      // Then all videos are examined.
    }
    return remembered;
  }

  /** All saved videos. */
  get videos(): BuiltVideo[] {
    return this.entries.map(({video}) => video);
  }

  /** The entry of a video, if its size is unchanged. */
  find(source: string, bytes: number): Entry | undefined {
    return this.entries.find(({video}) => video.source === source && video.bytes === bytes);
  }

  /** @throws RIFE_ERR_DATA_BUILD_WRITE */
  async add(entry: Entry): Promise<void> {
    this.entries = [...this.entries.filter(({video}) => video.source !== entry.video.source), entry];
    try {
      await replaceFile(this.path, JSON.stringify({settings: this.settings, entries: this.entries}));
    } catch (error) {
      throw buildWriteFailed(this.path, messageOf(error), error);
    }
  }

  async forget(): Promise<void> {
    await rm(this.path, {force: true}).catch(() => {});
  }
}

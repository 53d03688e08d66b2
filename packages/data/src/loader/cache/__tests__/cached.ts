/** A decode thread's view of the cache, in this thread. */
import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {resolveOptions, scanClips, type Clip} from '../../..';
import {tempFolder} from '../../../__tests__/support';
import {NO_AUGMENTATION} from '../../../augment/augment';
import type {FrameNumbers} from '../../../clip';
import type {SampleTask} from '../../decodeTask';
import {FrameStore, type Region} from '../../frames';
import {CachedFrames} from '../cachedFrames';
import {ClipCache} from '../clipCache';

/** All files of a cache, with their folder. */
export const filesIn = (dir: string): string[] =>
  existsSync(dir)
    ? (readdirSync(dir, {recursive: true}) as string[])
        .filter(name => statSync(join(dir, name)).isFile())
        .map(name => join(dir, name))
        .sort()
    : [];

const alone = (region: Region): Buffer => {
  const {frames, width, crop} = region;
  const rows: Uint8Array[] = [];
  for (const frame of frames)
    for (let y = crop.top; y < crop.top + crop.height; y++)
      rows.push(frame.subarray((y * width + crop.left) * 3, (y * width + crop.left + crop.width) * 3));
  return Buffer.concat(rows);
};

export class World {
  readonly warnings: string[] = [];
  /** Samples that were read from their source. */
  direct = 0;
  readonly store = new FrameStore();

  constructor(
    readonly dir: string,
    readonly clips: Clip[],
    readonly cache: ClipCache,
    warnings: string[],
  ) {
    this.warnings = warnings;
  }

  /** Another decode thread of the same run. */
  readonly thread = () =>
    new CachedFrames({
      region: task => {
        this.direct++;
        return this.store.region(task);
      },
    });

  task(clip = this.clips[0]!, numbers: FrameNumbers = [1, 2, 3]): SampleTask {
    const crop = {top: 3, left: 5, height: 64, width: 64};
    const cache = this.cache.requestFor(clip);
    return {clip, numbers, crop, augmentation: NO_AUGMENTATION, ...(cache && {cache})};
  }

  /** Pixels of a sample; reports to the source of batches what happened, as a result does. */
  async read(thread: CachedFrames, clip?: Clip, numbers?: FrameNumbers): Promise<Buffer> {
    try {
      return alone(await thread.region(this.task(clip, numbers)));
    } finally {
      this.cache.take(thread.takeEvents());
    }
  }

  /** What decoding it directly gives. */
  async expected(clip = this.clips[0]!, numbers: FrameNumbers = [1, 2, 3]): Promise<Buffer> {
    const {crop, augmentation} = this.task(clip, numbers);
    return alone(await new FrameStore().region({clip, numbers, crop, augmentation} as SampleTask));
  }
}

/** A run over the clips of a root. */
export async function openWorld(
  root: string,
  {dir = tempFolder(), ...cache}: {dir?: string; codec?: 'raw' | 'deflate'; maxSize?: number | string} = {},
): Promise<World> {
  const warnings: string[] = [];
  const clips = await scanClips(root, 'train');
  const warn = (text: string) => void warnings.push(text);
  const options = resolveOptions({root, cache: {dir, ...cache}, warn});
  return new World(dir, clips, (await ClipCache.open(options, clips))!, warnings);
}

import {
  clipShort,
  cropTooLarge,
  gapTooLong,
  noClipLeft,
  tooManyBad,
  type RifeError,
} from '@rife-train/errors';
import {shrinkFactors} from '../augment/augmentOptions.js';
import {framesFor, type Clip, type Remark} from '../clip.js';
import type {ResolvedOptions} from './options.js';
import {scan, type Scan} from '../clips/scan.js';

/** Codes of faults of a single clip: `onBadClip: 'skip'` skips the clip. */
export const CLIP_FAULTS: ReadonlySet<string> = new Set([
  'RIFE_ERR_DATA_FRAME',
  'RIFE_ERR_DATA_FRAME_ORDER',
  'RIFE_ERR_DATA_FRAME_SIZE',
  'RIFE_ERR_DATA_VIDEO',
  'RIFE_ERR_DATA_PACK',
  'RIFE_ERR_DATA_FILE',
]);

/** Skips bad clips with one warning each, or throws. */
export class BadClips {
  private readonly reported = new Set<string>();
  /** Number of clips including bad ones; known after the scan. */
  private clips = Infinity;
  private firstMessage = '';

  constructor(readonly options: ResolvedOptions) {}

  get count(): number {
    return this.reported.size;
  }

  /** Message of the first fault. */
  get first(): string {
    return this.firstMessage;
  }

  /**
   * Sets the number of clips.
   * @throws RIFE_ERR_DATA_BAD_SHARE when too many of them are bad already
   */
  of(clips: number): void {
    this.clips = clips;
    this.check();
  }

  /**
   * @throws `error`, unless bad clips are skipped; RIFE_ERR_DATA_BAD_SHARE when there are too many
   */
  readonly add = (clip: string, error: RifeError): void => {
    if (this.options.onBadClip === 'error') throw error;
    if (this.reported.has(clip)) return;
    this.firstMessage ||= error.message;
    this.reported.add(clip);
    this.options.warn(`${error.message} The clip is left out (data.onBadClip is "skip").`);
    this.check();
  };

  private check(): void {
    const {maxBadShare} = this.options;
    if (this.count > Math.max(1, Math.floor(maxBadShare * this.clips)))
      throw tooManyBad(this.count, this.clips, maxBadShare, this.firstMessage);
  }
}

/** Why a clip can't be used with this configuration, if so. */
function clipFault(clip: Clip, options: ResolvedOptions): RifeError | undefined {
  const [smallest] = options.gaps;
  if (clip.frames < framesFor(smallest)) return clipShort(clip.id, clip.path, clip.frames, smallest);
  // Only the region of the largest scale must fit: larger regions are drawn only from clips they
  // fit into.
  const shrink = options.augment ? Math.min(...shrinkFactors(options.augment)) : 1;
  const [height, width] = [options.crop[0] * shrink, options.crop[1] * shrink];
  if (clip.height < height || clip.width < width)
    return cropTooLarge(clip.id, clip.height, clip.width, [height, width]);
  return undefined;
}

/**
 * The clips of a split that the configuration can use.
 * @throws what {@link scan} throws; RIFE_ERR_DATA_CLIP_SHORT, _CROP_SIZE, _NONE_LEFT, _GAP,
 * _BAD_SHARE
 */
export async function usableClips(options: ResolvedOptions, bad: BadClips): Promise<Scan> {
  return usableOf(await scan(options.root, options.split, options.layout, bad.add), options, bad);
}

const REMARKS: Record<Remark, string> = {
  'variable-rate':
    'a variable frame rate: frames are used in order, whatever their times, so gt is not always halfway in time',
  linked: 'links that lead out of the folder of the clips: what is there is used',
  rotated: 'a rotation mark, which players apply: frames are used as they are stored',
};

/** Warns of unusual clips that are still used. */
function warnOfRemarks(clips: readonly Clip[], {warn, shard}: ResolvedOptions): void {
  if (shard.rank !== 0) return;
  for (const remark of Object.keys(REMARKS) as Remark[]) {
    const having = clips.filter(({remarks}) => remarks?.includes(remark));
    const [first] = having;
    if (!first) continue;
    const count = `${having.length} of ${clips.length} clips ${having.length === 1 ? 'has' : 'have'}`;
    warn(`${count} ${REMARKS[remark]}. The first is "${first.id}"; "rife-train data doctor" lists all.`);
  }
}

/**
 * Those of `clips` that the configuration can use.
 * @throws RIFE_ERR_DATA_CLIP_SHORT, _CROP_SIZE, _NONE_LEFT, _GAP, _BAD_SHARE
 */
export function usableOf({clips: found, ...rest}: Scan, options: ResolvedOptions, bad: BadClips): Scan {
  const unread = bad.count;
  const clips = found.filter(clip => {
    const fault = clipFault(clip, options);
    if (fault) bad.add(clip.id, fault);
    return !fault;
  });
  if (clips.length === 0) throw noClipLeft(options.root, bad.count, bad.first);
  bad.of(found.length + unread);
  const longest = clips.reduce((most, {frames}) => Math.max(most, frames), 0);
  if (framesFor(options.gaps[1]) > longest) throw gapTooLong(options.gaps[1], longest);
  warnOfRemarks(clips, options);
  return {...rest, clips};
}

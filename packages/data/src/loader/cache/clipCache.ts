import {createHash} from 'node:crypto';
import {join} from 'node:path';
import type {Clip} from '../../clip.js';
import type {ResolvedOptions} from '../options.js';
import {mostBytes} from './fill.js';
import {CACHE_ENDING, openFolder} from './folder.js';
import type {ResolvedCache} from './options.js';
import {UNBOUNDED, type CacheEvent, type CacheRequest} from './request.js';

/**
 * Increased when the decoder gives other pixels for the same files, so that older copies are not
 * used.
 */
const DECODER = 1;

/** Larger clips are not cached: making a copy would block a thread for minutes. */
const MAX_CLIP_BYTES = 8 * 2 ** 30;

/**
 * Path of a clip's copy. It depends on the path of the source, so that a changed source replaces
 * its copy.
 */
function copyPath(dir: string, clip: Clip): string {
  const name = createHash('sha256').update(`${DECODER}\0${clip.path}`).digest('hex').slice(0, 32);
  return join(dir, name.slice(0, 2), name + CACHE_ENDING);
}

const size = (bytes: number) => `${Number((bytes / 1e9).toPrecision(3)).toLocaleString('en-US')} GB`;

/** Which cached copies decode threads may read, make or must not use. */
export class ClipCache {
  /** `; cached in ...`, for the line that says what was found. */
  readonly description: string;
  private readonly room = new BigInt64Array(new SharedArrayBuffer(8));
  /** Clips whose copies were checked in this run. */
  private readonly ready = new Set<string>();
  /** Clips that are always read from their source. */
  private readonly refused = new Set<string>();
  private readonly lost = new Set<string>();
  private saidFull = false;
  private saidFailed = false;

  private constructor(
    readonly options: ResolvedCache,
    used: number,
    /** Size of all clips when decoded, bytes. */
    all: number,
    /** Number of replicas that share the remaining space. */
    replicas: number,
    readonly warn: (text: string) => void,
  ) {
    const {dir, codec, maxBytes} = options;
    const left = Math.max(0, Math.floor((maxBytes - used) / replicas));
    this.room[0] = Number.isFinite(left) ? BigInt(left) : UNBOUNDED;
    const most = Number.isFinite(maxBytes) ? `at most ${size(maxBytes)}` : `all are ${size(all)} raw`;
    this.description = `; kept in ${dir} as they are met (${codec}; ${size(used)} there, ${most})`;
  }

  /**
   * @returns undefined if nothing is to be cached
   * @throws RIFE_ERR_DATA_CACHE
   */
  static async open(
    {cache, shard, warn}: ResolvedOptions,
    clips: readonly Clip[],
  ): Promise<ClipCache | undefined> {
    if (!cache) return undefined;
    if (clips.every(({kind}) => kind === 'pack')) {
      warn('data.cache is not used: all clips are packed already.');
      return undefined;
    }
    const large = clips.filter(clip => clip.kind !== 'pack' && mostBytes(clip) > MAX_CLIP_BYTES);
    if (large.length > 0)
      warn(
        `data.cache leaves out ${large.length} of ${clips.length} clips, the first "${large[0]!.id}": they have more than ${size(MAX_CLIP_BYTES)} decoded. Shorter clips can be cached ("rife-train data build").`,
      );
    const all = clips.reduce((sum, {frames, height, width}) => sum + frames * height * width * 3, 0);
    const opened = new ClipCache(cache, await openFolder(cache.dir), all, shard.count, warn);
    for (const {id} of large) opened.refused.add(id);
    return opened;
  }

  /** The request for a thread that reads a clip; undefined if it should read the source. */
  requestFor(clip: Clip): CacheRequest | undefined {
    if (clip.kind === 'pack' || this.refused.has(clip.id)) return undefined;
    const {dir, codec} = this.options;
    const request = {path: copyPath(dir, clip), codec, room: this.room};
    return this.ready.has(clip.id) ? request : {...request, whole: clip};
  }

  /** Takes the events of a thread. */
  take(events: readonly CacheEvent[] = []): void {
    for (const event of events) this.learn(event);
  }

  private learn(event: CacheEvent): void {
    if (event.kind === 'ready') this.ready.add(event.clip);
    else if (event.kind === 'gone') this.ready.delete(event.clip);
    else if (event.kind === 'lost') this.learnLost(event.clip, event.reason);
    else if (event.kind === 'refused') this.refuse(event.clip, event.reason);
    else if (event.kind === 'full') this.sayFull();
    else this.sayFailed(event.reason);
  }

  /** After a second loss the disk is assumed faulty, and the clip is no longer cached. */
  private learnLost(clip: string, reason: string): void {
    this.ready.delete(clip);
    if (this.lost.has(clip)) return this.refuse(clip, reason);
    this.lost.add(clip);
    this.warn(`${reason} It was a cached copy: it is removed, and made again from its source.`);
  }

  private refuse(clip: string, reason: string): void {
    if (this.refused.has(clip)) return;
    this.refused.add(clip);
    this.warn(`${reason} Clip "${clip}" is not cached, and read from its source.`);
  }

  private sayFull(): void {
    if (this.saidFull || this.saidFailed) return;
    this.saidFull = true;
    this.warn(
      `data.cache.maxSize is reached (${size(this.options.maxBytes)}): clips that are not in "${this.options.dir}" and don't fit are read from their source.`,
    );
  }

  private sayFailed(reason: string): void {
    if (this.saidFailed) return;
    this.saidFailed = true;
    this.warn(
      `Nothing more can be written to the cache "${this.options.dir}": ${reason}. Clips that are not in it are read from their source.`,
    );
  }
}

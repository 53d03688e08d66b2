import {join} from 'node:path';
import type {Frames} from '../augment/augment.js';
import type {Clip, Crop, FrameNumbers} from '../clip.js';
import {decodeImage, decodeRegion} from '../decode/image.js';
import {PackStore} from '../pack/store.js';
import {decodeVideo, decodeVideoRegion} from '../decode/video/decode.js';

/** Three frames of a clip; `clip.files` of a folder needs only these. */
export interface FrameRequest {
  clip: Clip;
  numbers: FrameNumbers;
}

/** Frames that contain a region, and its position in them. */
export interface Region {
  frames: Frames;
  /** Width of `frames`, in pixels. */
  width: number;
  crop: Crop;
}

const MIB = 2 ** 20;

/** Bounds of a {@link FrameStore}. */
export interface FrameStoreLimits {
  /** Decoded bytes that are kept. @default 64 MiB */
  cacheBytes?: number;
  /**
   * Clips larger than this when decoded are not kept: for each triplet, only the crop is decoded.
   * @default 48 MiB
   */
  clipBytes?: number;
}

/** Three frames of a buffer of consecutive frames; the first three by default. */
function framesOf(
  decoded: Uint8Array,
  frameBytes: number,
  [first, middle, last]: FrameNumbers = [0, 1, 2],
): Frames {
  const frameAt = (position: number) => decoded.subarray(position * frameBytes, (position + 1) * frameBytes);
  return [frameAt(first), frameAt(middle), frameAt(last)];
}

/**
 * Decodes frames and keeps the most recently used ones within a limit of bytes; for packed clips it
 * keeps open files. Whole videos are kept if they fit: decoding all frames costs little more than
 * reaching the last one.
 */
export class FrameStore {
  private readonly cacheBytes: number;
  private readonly clipBytes: number;
  /** In order of last use. */
  private readonly kept = new Map<string, Uint8Array>();
  /** Whole videos that failed, so that they are not tried again. */
  private readonly failed = new Map<string, unknown>();
  private readonly packs = new PackStore();
  private heldBytes = 0;

  constructor({cacheBytes = 64 * MIB, clipBytes = 48 * MIB}: FrameStoreLimits = {}) {
    this.cacheBytes = cacheBytes;
    this.clipBytes = Math.min(clipBytes, cacheBytes);
  }

  /** Bytes kept now. */
  get bytes(): number {
    return this.heldBytes;
  }

  /**
   * A region of three frames: only the region for packed clips and clips too large to keep,
   * otherwise the whole frames.
   * @throws as {@link triplet}
   */
  async region({clip, numbers, crop}: FrameRequest & {crop: Crop}): Promise<Region> {
    const alone = (frames: Frames) => ({frames, width: crop.width, crop: {...crop, top: 0, left: 0}});
    if (clip.kind === 'pack') return alone(this.fromPack(clip, numbers, crop));
    if (!this.fits(clip)) return alone(await this.regions(clip, numbers, crop));
    return {frames: await this.triplet({clip, numbers}), width: clip.width, crop};
  }

  /** Frames of a small clip are likely to be used again soon; those of a large one are not. */
  private fits({frames, height, width}: Clip): boolean {
    return frames * height * width * 3 <= this.clipBytes;
  }

  private async regions(clip: Clip, numbers: FrameNumbers, crop: Crop): Promise<Frames> {
    if (clip.kind === 'video')
      return framesOf(await decodeVideoRegion(clip, numbers, crop), crop.height * crop.width * 3);
    const regions: Uint8Array[] = [];
    for (const number of numbers)
      regions.push(await decodeRegion(clip, join(clip.path, clip.files[number]!), crop));
    return regions as unknown as Frames;
  }

  /**
   * RGB frames [H,W,3] in order of time; views of shared memory, read-only.
   * @throws RIFE_ERR_DATA_FRAME, _FRAME_SIZE, _VIDEO, _PACK, _FILE, _FFMPEG
   */
  async triplet({clip, numbers}: FrameRequest): Promise<Frames> {
    const {height, width} = clip;
    if (clip.kind === 'pack') return this.fromPack(clip, numbers, {top: 0, left: 0, height, width});
    if (clip.kind === 'video') return this.fromVideo(clip, numbers);
    const frames: Uint8Array[] = [];
    // One after another: several workers already use all cores.
    for (const number of numbers) frames.push(await this.image(clip, number));
    return frames as unknown as Frames;
  }

  /** Closes files. Frames already returned stay valid. */
  close(): void {
    this.packs.close();
  }

  private fromPack(clip: Clip, numbers: FrameNumbers, crop: Crop): Frames {
    const file = this.packs.file(clip);
    const [before, gt, after] = numbers;
    return [file.region(before, crop), file.region(gt, crop), file.region(after, crop)];
  }

  private async fromVideo(clip: Clip, numbers: FrameNumbers): Promise<Frames> {
    const frameBytes = clip.height * clip.width * 3;
    if (!this.fits(clip)) return framesOf(await decodeVideo(clip, numbers), frameBytes);
    return framesOf(await this.wholeVideo(clip, clip.frames * frameBytes), frameBytes, numbers);
  }

  private async wholeVideo(clip: Clip, bytes: number): Promise<Uint8Array> {
    if (this.failed.has(clip.path)) throw this.failed.get(clip.path);
    return this.cached(clip.path, bytes, () =>
      decodeVideo(clip).catch((error: unknown) => {
        this.failed.set(clip.path, error);
        throw error;
      }),
    );
  }

  private image(clip: Clip, number: number): Promise<Uint8Array> {
    const path = join(clip.path, clip.files[number]!);
    return this.cached(path, clip.height * clip.width * 3, () => decodeImage(clip, path));
  }

  private async cached(key: string, bytes: number, decode: () => Promise<Uint8Array>): Promise<Uint8Array> {
    let value = this.kept.get(key);
    if (value) {
      this.kept.delete(key);
    } else {
      this.makeRoom(bytes); // before decoding, so that old and new are never held together
      value = await decode();
      if (bytes > this.cacheBytes) return value;
      this.heldBytes += bytes;
    }
    this.kept.set(key, value);
    return value;
  }

  private makeRoom(bytes: number): void {
    for (const [key, {length}] of this.kept) {
      if (this.heldBytes + bytes <= this.cacheBytes) return;
      this.kept.delete(key);
      this.heldBytes -= length;
    }
  }
}

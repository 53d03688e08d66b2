import {existsSync, fstatSync, rmSync, statSync} from 'node:fs';
import {isRifeError, messageOf} from '@rife-train/errors';
import type {Clip} from '../../clip.js';
import type {FrameSource} from '../decodeBatch.js';
import type {SampleTask} from '../decodeTask.js';
import type {Region} from '../frames.js';
import type {PackSource} from '../../pack/format.js';
import {sourceOf} from '../../pack/source.js';
import {PackStore} from '../../pack/store.js';
import {fillClip, isCopyOf} from './fill.js';
import {closeRoom, giveRoom, type CacheEvent, type CacheRequest} from './request.js';

/**
 * Pause after making a copy, as a share of the time it took: at least a quarter of the thread's
 * time is left for batches.
 */
const REST = 1 / 3;

/**
 * Frames for one decode thread: from the cached copy of a clip if there is one, else from its
 * source. A damaged copy never fails a sample; a damaged source fails it only if the sample itself
 * can't be read.
 */
export class CachedFrames implements FrameSource {
  private readonly packs = new PackStore();
  private events: CacheEvent[] = [];
  /** No copy is made before this time, in milliseconds of `performance.now()`. */
  private restsUntil = 0;

  constructor(readonly direct: FrameSource) {}

  /** Frames that hold a region. @throws what reading it from the source throws */
  async region(task: SampleTask): Promise<Region> {
    const cached = task.cache && (await this.cached(task, task.cache));
    return cached ?? this.direct.region(task);
  }

  /** Events since the last call. */
  takeEvents(): CacheEvent[] {
    return this.events.splice(0);
  }

  /** Closes files. */
  close(): void {
    this.packs.close();
  }

  private async cached(
    {clip, numbers, crop}: SampleTask,
    request: CacheRequest,
  ): Promise<Region | undefined> {
    try {
      if (request.whole && !(await this.ensure(request, request.whole))) return undefined;
      const file = this.packs.file({...clip, kind: 'pack', path: request.path});
      const [before, gt, after] = numbers;
      const frames = [file.region(before, crop), file.region(gt, crop), file.region(after, crop)] as const;
      return {frames, width: crop.width, crop: {...crop, top: 0, left: 0}};
    } catch (error) {
      if (!isRifeError(error)) throw error;
      this.lose(clip.id, request, messageOf(error));
      return undefined;
    }
  }

  /** Is there a copy? @throws RIFE_ERR_DATA_PACK, RIFE_ERR_DATA_FILE: a copy that can't be read */
  private async ensure(request: CacheRequest, clip: Clip): Promise<boolean> {
    const exists = existsSync(request.path);
    const mayFill = performance.now() >= this.restsUntil;
    if (!exists && !mayFill) return false;
    const source = await this.sourceOf(clip);
    if (!source) return false;
    const isReady = exists && (await isCopyOf(request.path, clip, source));
    if (!isReady && !(mayFill && (await this.fill(request, clip, source)))) return false;
    this.events.push({kind: 'ready', clip: clip.id});
    return true;
  }

  private async sourceOf(clip: Clip): Promise<PackSource | undefined> {
    try {
      return await sourceOf(clip);
    } catch (error) {
      this.events.push({kind: 'refused', clip: clip.id, reason: messageOf(error)});
      return undefined;
    }
  }

  private async fill(request: CacheRequest, clip: Clip, source: PackSource): Promise<boolean> {
    const start = performance.now();
    try {
      const outcome = await fillClip(request, clip, source);
      if (outcome === 'full') this.events.push({kind: 'full'});
      if (outcome !== 'filled') return false;
      this.packs.drop(request.path); // of the copy that it replaced
      return true;
    } catch (error) {
      if (!isRifeError(error)) throw error;
      this.events.push(this.faultOf(clip.id, request, error));
      return false;
    } finally {
      const end = performance.now();
      this.restsUntil = end + (end - start) * REST;
    }
  }

  private faultOf(clip: string, {room}: CacheRequest, error: Error & {code: string}): CacheEvent {
    if (error.code !== 'RIFE_ERR_DATA_PACK_WRITE') return {kind: 'refused', clip, reason: messageOf(error)};
    closeRoom(room);
    return {kind: 'failed', reason: messageOf(error.cause ?? error)};
  }

  /** Removes an unreadable copy, unless it was replaced since this thread opened it. */
  private lose(clip: string, {path, room}: CacheRequest, reason: string): void {
    const opened = this.packs.opened(path);
    const there = statSync(path, {throwIfNoEntry: false});
    const isReplaced = there && opened && fstatSync(opened.fd).ino !== there.ino;
    this.packs.drop(path);
    if (!there || isReplaced) {
      this.events.push({kind: 'gone', clip});
      return;
    }
    rmSync(path, {force: true});
    giveRoom(room, there.size);
    this.events.push({kind: 'lost', clip, reason});
  }
}

/**
 * Checkpoints on disk: `checkpoints/step-00001000/{weights,optimizer}.safetensors, state.json`,
 * `latest` with the name of the newest, `best` with the files of the best, `run` with the run's
 * name. A checkpoint is written aside, flushed and renamed before `latest` names it.
 */
import {
  checkpointWrite,
  checkpointsBroken,
  checkpointsExist,
  folderOfAnotherRun,
  isRifeError,
} from '@rife-train/errors';
import {existsSync} from 'node:fs';
import path from 'node:path';
import type {TrainConfig} from '../contract/index.js';
import {BEST, copyAsBest, isBest} from './best.js';
import {disk, readText, replaceFile, syncFolder} from '@rife-train/files';
import {spare} from './retention.js';
import {readCheckpoint, type LoadedCheckpoint} from './readCheckpoint.js';
import {isSnapshotFile} from './snapshots.js';
import {STATE_FILE, stepFolder} from './state.js';
import {writeCheckpoint, type CheckpointContent} from './writeCheckpoint.js';

/** What else a save does. */
export interface SaveOptions {
  /** It is the best so far. @default false */
  isBest?: boolean;
  /** Steps whose checkpoints stay. @default none but those that `keep` keeps */
  held?: readonly number[];
  /** Removes checkpoints of later steps: of a stretch that was rolled back. @default false */
  isNewest?: boolean;
  /** Reports a folder that somebody has removed. @default it is not reported */
  warn?: (text: string) => void;
}

export type {CheckpointContent, LoadedCheckpoint};

const STEP_FOLDER = /^step-(\d{8,})$/;
const ASIDE = /^\.(new|old|gone)-/;
const LATEST = 'latest';
const RUN = 'run';
const stepOf = (name: string) => Number(STEP_FOLDER.exec(name)?.[1]);

export class CheckpointStore {
  readonly folder: string;
  /** Name of the run whose folder it is; checkpoints of another one are passed over. */
  private run: string | undefined;
  /** What saves that failed have left, because it could not be removed either. */
  private readonly leftovers = new Set<string>();

  /** @param out the run's folder */
  constructor(
    out: string,
    private readonly keep: TrainConfig['keep'],
  ) {
    this.folder = path.join(out, 'checkpoints');
  }

  /** Names of the checkpoints, newest first; they may be broken. */
  async list(): Promise<string[]> {
    const names = existsSync(this.folder) ? await disk.readdir(this.folder) : [];
    return names.filter(name => STEP_FOLDER.test(name)).sort((a, b) => stepOf(b) - stepOf(a));
  }

  /**
   * Gives a new run its name, which replaces that of a run whose checkpoints are gone; a resumed
   * run keeps its name.
   * @throws RIFE_ERR_CHECKPOINT_WRITE; RIFE_ERR_CHECKPOINT_EXISTS where another run has begun there
   *   meanwhile
   */
  async nameRun(run: string): Promise<void> {
    const [newest] = await this.list();
    if (newest !== undefined) throw checkpointsExist(path.dirname(this.folder), newest);
    try {
      await disk.mkdir(this.folder, {recursive: true});
      await this.writeName(run);
      this.run = run;
    } catch (cause) {
      throw checkpointWrite(this.folder, cause);
    }
  }

  /**
   * Writes a checkpoint, lets `latest` name it, and removes those that `keep` can spare.
   * @returns its folder
   * @throws RIFE_ERR_CHECKPOINT_WRITE, RIFE_ERR_CHECKPOINT_EXISTS where the folder is another run's
   *   by now; the ones before are untouched
   */
  async save(
    content: CheckpointContent,
    {isBest = false, held = [], isNewest = false, warn = () => {}}: SaveOptions = {},
  ): Promise<string> {
    const name = stepFolder(content.state.step);
    const folder = path.join(this.folder, name);
    try {
      await this.prepareFolder(warn);
      await writeCheckpoint(path.join(this.folder, `.new-${name}`), content, this.run);
      await this.moveInto(name);
      await replaceFile(path.join(this.folder, LATEST), `${name}\n`);
      if (isBest) await copyAsBest(this.folder, name);
      await this.dropSnapshots(name);
      if (isNewest) await this.dropBeyond(content.state.step);
      await this.prune([name, ...held.map(stepFolder)]);
    } catch (cause) {
      await this.undo(name);
      // A coded one comes from the content: the numbers are at fault, not the disk.
      throw isRifeError(cause) ? cause : checkpointWrite(folder, cause);
    }
    return folder;
  }

  /**
   * The newest checkpoint that is whole: the one that `latest` names, else the newest of the
   * others, else the best. Undefined when there is none at all.
   * @param step the one that is wanted, if it is whole
   * @throws RIFE_ERR_CHECKPOINT_BROKEN when there are some, and none is whole
   */
  async load(step?: number): Promise<LoadedCheckpoint | undefined> {
    const problems: string[] = [];
    this.run ??= await this.textOf(RUN);
    for (const name of await this.candidates(problems, step)) {
      const loaded = await readCheckpoint(path.join(this.folder, name), this.run);
      if (typeof loaded !== 'string') return {...loaded, skipped: problems};
      problems.push(`${name}: ${loaded}`);
    }
    if (problems.length > 0) throw checkpointsBroken(this.folder, problems);
    return undefined;
  }

  /**
   * Points `best` to the checkpoint of that step, where a killed run, or an earlier release, did
   * not.
   */
  async repairBest(step: number): Promise<void> {
    const name = stepFolder(step);
    if (await isBest(this.folder, step)) return;
    if (typeof (await readCheckpoint(path.join(this.folder, name), this.run)) !== 'string')
      await copyAsBest(this.folder, name);
  }

  /** Removes what a killed run left half-written. */
  async sweep(): Promise<void> {
    if (!existsSync(this.folder)) return;
    const names = (await disk.readdir(this.folder)).filter(
      name => ASIDE.test(name) || [`${LATEST}.tmp`, `${RUN}.tmp`].includes(name),
    );
    // An old one is complete: a kill between the two renames of moveInto leaves it without its
    // name.
    for (const name of names.filter(name => name.startsWith('.old-'))) await this.bringBack(name);
    for (const name of names) await disk.rm(path.join(this.folder, name), {recursive: true, force: true});
  }

  private async bringBack(aside: string): Promise<void> {
    const [from, to] = [aside, aside.slice('.old-'.length)].map(name => path.join(this.folder, name));
    if (existsSync(from!) && !existsSync(to!)) await disk.rename(from!, to!);
  }

  private writeName(run: string): Promise<void> {
    return replaceFile(path.join(this.folder, RUN), `${run}\n`);
  }

  /**
   * The folder of this run: made again where somebody has removed it, and never another run's.
   * Removes what earlier saves could not.
   */
  private async prepareFolder(warn: (text: string) => void): Promise<void> {
    const made = await disk.mkdir(this.folder, {recursive: true});
    const run = await this.textOf(RUN);
    if (this.run !== undefined && run === undefined) {
      if (made !== undefined)
        warn(
          `${this.folder} was removed or renamed while the run writes it. It is made again; earlier checkpoints are not in it`,
        );
      await this.writeName(this.run);
    } else if (this.run !== undefined && run !== this.run)
      throw folderOfAnotherRun(path.dirname(this.folder));
    for (const name of await disk.readdir(this.folder))
      if (name.startsWith('.gone-') || this.leftovers.has(name)) await this.clear(name);
  }

  /** After a save that failed: without its files there is room for the next one. */
  private async undo(name: string): Promise<void> {
    await this.bringBack(`.old-${name}`).catch(() => {});
    for (const aside of [`.new-${name}`, `.new-${BEST}`]) await this.clear(aside);
  }

  private async clear(name: string): Promise<void> {
    this.leftovers.add(name);
    await disk.rm(path.join(this.folder, name), {recursive: true, force: true}).then(
      () => void this.leftovers.delete(name),
      () => {},
    );
  }

  private textOf(name: string): Promise<string | undefined> {
    return readText(path.join(this.folder, name)).then(
      text => text.trim(),
      () => undefined,
    );
  }

  /**
   * The one that is wanted comes first, then what `latest` names; a `latest` that names nothing is
   * a problem to report.
   */
  private async candidates(problems: string[], step: number | undefined): Promise<string[]> {
    const names = await this.list();
    const latest = await this.textOf(LATEST);
    const isKnown = latest === undefined || names.includes(latest);
    if (!isKnown && (names.length > 0 || latest !== ''))
      problems.push(`"${LATEST}" names "${latest}", which is not there`);
    const first = [step === undefined ? undefined : stepFolder(step), isKnown ? latest : undefined];
    const best = existsSync(path.join(this.folder, BEST, STATE_FILE)) ? [BEST] : [];
    return [
      ...new Set([...first.filter(name => name !== undefined && names.includes(name)), ...names, ...best]),
    ] as string[];
  }

  private async moveInto(name: string): Promise<void> {
    const at = (prefix: string) => path.join(this.folder, `${prefix}${name}`);
    // Only a broken checkpoint, or one of a rolled back stretch, can have this name already.
    const replaces = existsSync(at(''));
    if (replaces) await disk.rm(at('.old-'), {recursive: true, force: true});
    if (replaces) await disk.rename(at(''), at('.old-'));
    await disk.rename(at('.new-'), at(''));
    await syncFolder(this.folder);
    if (replaces) await disk.rm(at('.old-'), {recursive: true, force: true});
  }

  /**
   * A run resumes from the newest checkpoint: snapshots in the others, three times the size of the
   * rest, would never be read again.
   */
  private async dropSnapshots(newest: string): Promise<void> {
    for (const name of [...(await this.list()), BEST]) {
      const folder = path.join(this.folder, name);
      if (name === newest || !existsSync(folder)) continue;
      for (const file of await disk.readdir(folder))
        if (isSnapshotFile(file)) await disk.rm(path.join(folder, file), {force: true});
    }
  }

  /** Swept away by the next start. */
  private rescueMark = (step: number) => path.join(this.folder, `.new-rescue-${step}`);

  /** Of replicas that save without each other, one does. @param step of the checkpoint */
  async isFirstToRescue(step: number): Promise<boolean> {
    this.run ??= await this.textOf(RUN);
    try {
      await disk.mkdir(this.rescueMark(step));
      return true;
    } catch {
      return false;
    }
  }

  /** It could not: another one may try. */
  async leaveRescue(step: number): Promise<void> {
    await disk.rm(this.rescueMark(step), {recursive: true, force: true}).catch(() => {});
  }

  /** `latest` must name another one already. */
  private async dropBeyond(step: number): Promise<void> {
    for (const name of await this.list()) if (stepOf(name) > step) await this.remove(name);
  }

  private async prune(held: readonly string[]): Promise<void> {
    const all = (await this.list()).map(name => ({name, step: stepOf(name)}));
    for (const name of spare(all, this.keep, held)) await this.remove(name);
  }

  private async remove(name: string): Promise<void> {
    // Renamed first: a kill while files are being removed must not leave half a checkpoint under
    // its name.
    const gone = path.join(this.folder, `.gone-${name}`);
    await disk.rm(gone, {recursive: true, force: true});
    await disk.rename(path.join(this.folder, name), gone);
    await disk.rm(gone, {recursive: true, force: true});
  }
}

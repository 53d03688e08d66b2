/**
 * Checkpoints on disk: `checkpoints/step-00001000/{weights,optimizer}.safetensors, state.json`,
 * `latest` with the name of the newest, `best` with the files of the best, `run` with the run's
 * name. A checkpoint is written aside, flushed and renamed before `latest` names it.
 */
import {checkpointWrite, checkpointsBroken, isRifeError} from '@rife-train/errors';
import {existsSync} from 'node:fs';
import path from 'node:path';
import type {TrainConfig} from '../contract/index.js';
import {BEST, copyAsBest, isBest} from './best.js';
import {
  decodeSafetensors,
  disk,
  readSealed,
  replaceFile,
  syncFolder,
  writeSealed,
  type Chunks,
  type FileSeal,
  type Safetensors,
} from '@rife-train/files';
import {spare} from './retention.js';
import {isSnapshotFile, readSnapshots, type LoadedSnapshot} from './snapshots.js';
import {OPTIMIZER_FILE, STATE_FILE, WEIGHTS_FILE, stepFolder, type CheckpointState} from './state.js';
import {parseState, stateText} from './stateFile.js';

/** A checkpoint to be written: chunks of the safetensors files, and the rest. */
export interface CheckpointContent {
  state: Omit<CheckpointState, 'files' | 'run'>;
  weights: Chunks;
  optimizer: Chunks;
  /** Files besides, by name. @default none */
  snapshots?: ReadonlyMap<string, Chunks>;
}

/** What else a save does. */
export interface SaveOptions {
  /** It is the best so far. @default false */
  isBest?: boolean;
  /** Steps whose checkpoints stay. @default none but those that `keep` keeps */
  held?: readonly number[];
  /** Removes checkpoints of later steps: of a stretch that was rolled back. @default false */
  isNewest?: boolean;
}

/** A checkpoint that was read and found whole. */
export interface LoadedCheckpoint {
  folder: string;
  state: CheckpointState;
  weights: Safetensors;
  optimizer: Safetensors;
  /** Snapshots that plugins keep. */
  snapshots: LoadedSnapshot[];
  /** How many of them are gone: a newer checkpoint was written since. */
  missing: number;
  /** What was wrong with newer ones that were passed over. */
  skipped: string[];
}

const STEP_FOLDER = /^step-(\d{8,})$/;
const ASIDE = /^\.(new|old|gone)-/;
const LATEST = 'latest';
const RUN = 'run';
const stepOf = (name: string) => Number(STEP_FOLDER.exec(name)?.[1]);

export class CheckpointStore {
  readonly folder: string;
  /** Name of the run whose folder it is; checkpoints of another one are passed over. */
  private run: string | undefined;

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
   * @throws RIFE_ERR_CHECKPOINT_WRITE
   */
  async nameRun(run: string): Promise<void> {
    try {
      await disk.mkdir(this.folder, {recursive: true});
      await replaceFile(path.join(this.folder, RUN), `${run}\n`);
      this.run = run;
    } catch (cause) {
      throw checkpointWrite(this.folder, cause);
    }
  }

  /**
   * Writes a checkpoint, lets `latest` name it, and removes those that `keep` can spare.
   * @returns its folder
   * @throws RIFE_ERR_CHECKPOINT_WRITE; the ones before are untouched
   */
  async save(
    content: CheckpointContent,
    {isBest = false, held = [], isNewest = false}: SaveOptions = {},
  ): Promise<string> {
    const name = stepFolder(content.state.step);
    const folder = path.join(this.folder, name);
    try {
      await disk.mkdir(this.folder, {recursive: true});
      await this.writeAside(path.join(this.folder, `.new-${name}`), content);
      await this.moveInto(name);
      await replaceFile(path.join(this.folder, LATEST), `${name}\n`);
      if (isBest) await copyAsBest(this.folder, name);
      await this.dropSnapshots(name);
      if (isNewest) await this.dropBeyond(content.state.step);
      await this.prune([name, ...held.map(stepFolder)]);
    } catch (cause) {
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
    this.run ??= await this.readText(RUN);
    for (const name of await this.candidates(problems, step)) {
      const loaded = await this.read(path.join(this.folder, name));
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
    if (typeof (await this.read(path.join(this.folder, name))) !== 'string')
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
    const folder = path.join(this.folder, aside.slice('.old-'.length));
    if (!existsSync(folder)) await disk.rename(path.join(this.folder, aside), folder);
  }

  private readText(name: string): Promise<string | undefined> {
    return disk.readFile(path.join(this.folder, name), 'utf8').then(
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
    const latest = await this.readText(LATEST);
    const isKnown = latest === undefined || names.includes(latest);
    if (!isKnown && (names.length > 0 || latest !== ''))
      problems.push(`"${LATEST}" names "${latest}", which is not there`);
    const first = [step === undefined ? undefined : stepFolder(step), isKnown ? latest : undefined];
    const best = existsSync(path.join(this.folder, BEST, STATE_FILE)) ? [BEST] : [];
    return [
      ...new Set([...first.filter(name => name !== undefined && names.includes(name)), ...names, ...best]),
    ] as string[];
  }

  private async writeAside(
    aside: string,
    {state, weights, optimizer, snapshots = new Map<string, Chunks>()}: CheckpointContent,
  ): Promise<void> {
    await disk.rm(aside, {recursive: true, force: true});
    await disk.mkdir(aside);
    const files: Record<string, FileSeal> = {};
    for (const [file, chunks] of [
      [WEIGHTS_FILE, weights],
      [OPTIMIZER_FILE, optimizer],
      ...snapshots,
    ] as const)
      files[file] = await writeSealed(path.join(aside, file), chunks);
    const text = stateText({...state, ...(this.run !== undefined && {run: this.run}), files});
    await writeSealed(path.join(aside, STATE_FILE), [Buffer.from(text)]);
    await syncFolder(aside);
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
    this.run ??= await this.readText(RUN);
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

  /** Reads one checkpoint, or returns what is wrong with it. */
  private async read(folder: string): Promise<Omit<LoadedCheckpoint, 'skipped'> | string> {
    const text = await disk.readFile(path.join(folder, STATE_FILE), 'utf8').catch(() => undefined);
    if (text === undefined) return `${STATE_FILE} is missing`;
    const state = parseState(text, folder);
    if (typeof state === 'string') return state;
    if (this.run !== undefined && state.run !== undefined && state.run !== this.run)
      return 'it is of another run';
    const read = (file: string) => readSealed(path.join(folder, file), state.files[file]!);
    const weights = await read(WEIGHTS_FILE);
    if (typeof weights === 'string') return weights;
    const optimizer = await read(OPTIMIZER_FILE);
    if (typeof optimizer === 'string') return optimizer;
    const kept = await readSnapshots(folder, state);
    if (typeof kept === 'string') return kept;
    return {
      folder,
      state,
      ...kept,
      weights: decodeSafetensors(weights, path.join(folder, WEIGHTS_FILE)),
      optimizer: decodeSafetensors(optimizer, path.join(folder, OPTIMIZER_FILE)),
    };
  }
}

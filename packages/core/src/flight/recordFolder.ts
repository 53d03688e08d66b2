/** The folder of a run's flight records: their names and order, and which of them are kept. */
import {existsSync} from 'node:fs';
import {readdir, rename, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {readText, syncFolder} from '@rife-train/files';
import {stepFolder} from '../checkpoint/state.js';
import {RECORD_FILE, type FlightRecord} from './record.js';

/** Folder of the records of a run. */
export const flightFolder = (out: string) => path.join(out, 'flight');

/** The first of a run, and the newest. */
const MOST_RECORDS = 3;

/** A record in the folder, and when it was written. */
interface Kept {
  name: string;
  /** 0 for one of a release that did not count, and for one that can't be read. */
  sequence: number;
  changedMs: number;
}

async function keptAt(folder: string, name: string): Promise<Kept> {
  const file = path.join(folder, name, RECORD_FILE);
  const text = await readText(file).catch(() => '{}');
  const changedMs = await stat(file).then(
    ({mtimeMs}) => mtimeMs,
    () => 0,
  );
  return {name, sequence: sequenceIn(text), changedMs};
}

function sequenceIn(text: string): number {
  try {
    const {sequence} = JSON.parse(text) as Partial<FlightRecord>;
    return typeof sequence === 'number' ? sequence : 0;
  } catch {
    return 0;
  }
}

/**
 * Oldest first. By number where there is one: clocks jump, and after a rollback later records have
 * smaller steps.
 */
async function byAge(folder: string): Promise<Kept[]> {
  const names = (await readdir(folder)).filter(name => name.startsWith('step-'));
  const kept = await Promise.all(names.map(name => keptAt(folder, name)));
  return kept.sort((a, b) => a.sequence - b.sequence || a.changedMs - b.changedMs);
}

/** Number of the newest record; 0 where there is none. */
export const newestSequence = async (folder: string): Promise<number> =>
  existsSync(folder) ? ((await byAge(folder)).at(-1)?.sequence ?? 0) : 0;

/**
 * Moves the record `aside` to its place: `step-00000190`, or, where that step failed before a
 * rollback, `step-00000190-2`: the earlier record stays. One of the same or a later number is of a
 * stretch that a killed run is making again, and is replaced.
 * @returns the place
 */
export async function moveIntoPlace(aside: string, folder: string, step: number, sequence: number) {
  const name = stepFolder(step);
  let free = name;
  for (let n = 2; existsSync(path.join(folder, free)); n++) {
    if ((await keptAt(folder, free)).sequence >= sequence) break;
    free = `${name}-${n}`;
  }
  const place = path.join(folder, free);
  await rm(place, {recursive: true, force: true});
  await rename(aside, place);
  await syncFolder(folder);
  return place;
}

/** Removes all but the first and the newest ones. */
export async function prune(folder: string): Promise<void> {
  const kept = await byAge(folder);
  for (const {name} of kept.slice(1, Math.max(1, kept.length - (MOST_RECORDS - 1))))
    await rm(path.join(folder, name), {recursive: true, force: true});
}

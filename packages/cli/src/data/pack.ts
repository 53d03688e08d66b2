/** `rife-train data pack`: the frame cache. */
import {resolve} from 'node:path';
import {packClips, type PackCodec, type PackEvent, type PackSummary, type Split} from '@rife-train/data';
import {isRifeError, messageOf, packWriteFailed} from '@rife-train/errors';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {owning} from '../owner/owning.js';
import {duration} from '../progress/format.js';

/** Flags of `data pack`. */
export interface PackFlags {
  out: string;
  codec: PackCodec;
  split?: Split | 'all';
  force?: true;
  verify?: true;
  jobs?: number;
}

/** A line of progress comes no more often, but for the last clip and for clips that are worth one. */
const LINE_MS = 1000;

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;

function eventText({split, id, done, of, result}: PackEvent): string {
  const head = `  ${String(done).padStart(String(of).length)}/${of}  ${split}/${id}  `;
  if (isRifeError(result)) return `${head}left out: ${result.message} (${result.code})`;
  const {status, damage, bytesIn, bytesOut} = result;
  const sizes = `${megabytes(bytesIn)} to ${megabytes(bytesOut)}`;
  return `${head}${status}, ${sizes}${damage ? `; replaced: ${damage}` : ''}`;
}

function summaryLines(summary: PackSummary, ms: number): string[] {
  const {clips, packed, kept, replaced, failed, passedOver, frames, bytesIn, bytesOut} = summary;
  const parts = [
    `${packed} packed`,
    ...(replaced > 0 ? [`${replaced} of them in place of a damaged one`] : []),
    `${kept} kept`,
    ...(failed.length > 0 ? [`${failed.length} left out`] : []),
  ];
  const share = bytesIn > 0 ? ` (${((100 * bytesOut) / bytesIn).toFixed(0)} %)` : '';
  return [
    `${count(clips, 'clip')}: ${parts.join(', ')}`,
    `${count(frames, 'frame')}, ${megabytes(bytesIn)} in, ${megabytes(bytesOut)} out${share}, ${duration(ms)}`,
    ...passedOver,
  ];
}

/** Packs. Returns the exit code: that of bad data when a clip had to be left out. Throws coded errors. */
export function runPack(root: string, flags: PackFlags, io: CommandIo): Promise<number> {
  const out = resolve(io.cwd, flags.out);
  const unwritable = (error: unknown) =>
    isRifeError(error) ? error : packWriteFailed(out, messageOf(error), error);
  return owning(out, 'rife-train data pack', () => pack(root, flags, io), unwritable);
}

async function pack(root: string, flags: PackFlags, io: CommandIo): Promise<number> {
  const startMs = performance.now();
  let lineMs = -Infinity;
  const line = (text: string) => io.stdout.write(`${text}\n`);
  const told = new Set<unknown>();
  const {out, ...options} = flags;
  const summary = await packClips({
    ...options,
    root: resolve(io.cwd, root),
    out: resolve(io.cwd, out),
    onStart: (clips, jobs) =>
      line(`Packing ${count(clips, 'clip')} into ${out} (${flags.codec}), ${count(jobs, 'thread')}`),
    onClip: event => {
      const failed = isRifeError(event.result);
      if (failed) told.add(event.result);
      const remarkable = failed || (event.result as {damage?: string}).damage !== undefined;
      if (!remarkable && event.done < event.of && performance.now() - lineMs < LINE_MS) return;
      lineMs = performance.now();
      (failed ? io.stderr : io.stdout).write(`${eventText(event)}\n`);
    },
  });
  for (const {id, error} of summary.failed)
    if (!told.has(error)) io.stderr.write(`  ${id}  left out: ${error.message} (${error.code})\n`);
  summaryLines(summary, performance.now() - startMs).forEach(line);
  return summary.failed.length > 0 ? EXIT.data : EXIT.ok;
}

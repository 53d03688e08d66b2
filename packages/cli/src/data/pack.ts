/** `rife-train data pack`: packs clips for fast reading. */
import {resolve} from 'node:path';
import type {PackCodec, Split} from '@rife-train/data';
import {packClips, packEventText, packSummaryLines} from '@rife-train/dataset';
import {isRifeError, messageOf, packWriteFailed, plural, printable} from '@rife-train/errors';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {owning} from '../owner/owning.js';

/** Flags of `data pack`. */
export interface PackFlags {
  out: string;
  codec: PackCodec;
  split?: Split | 'all';
  force?: true;
  verify?: true;
  jobs?: number;
}

/** Milliseconds between lines of progress; the last, failed and replaced clips always get one. */
const LINE_MS = 1000;

/** Packs clips. Returns the exit code, that of bad data if a clip failed. Throws coded errors. */
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
  const reported = new Set<unknown>();
  const {out, ...options} = flags;
  const summary = await packClips({
    ...options,
    root: resolve(io.cwd, root),
    out: resolve(io.cwd, out),
    onStart: (clips, jobs) =>
      line(`Packing ${plural(clips, 'clip')} into ${out} (${flags.codec}), ${plural(jobs, 'thread')}`),
    onClip: event => {
      const failed = isRifeError(event.result);
      if (failed) reported.add(event.result);
      const remarkable = failed || (event.result as {damage?: string}).damage !== undefined;
      if (!remarkable && event.done < event.of && performance.now() - lineMs < LINE_MS) return;
      lineMs = performance.now();
      (failed ? io.stderr : io.stdout).write(`${packEventText(event)}\n`);
    },
  });
  for (const {id, error} of summary.failed)
    if (!reported.has(error))
      io.stderr.write(`  ${printable(`${id}  left out: ${error.message}`)} (${error.code})\n`);
  packSummaryLines(summary, performance.now() - startMs).forEach(line);
  return summary.failed.length > 0 ? EXIT.data : EXIT.ok;
}

/** The output of `data pack` as text. */
import {isRifeError, plural, printable} from '@rife-train/errors';
import {duration} from '../text.js';
import type {PackEvent, PackSummary} from './packClips.js';

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** One clip that is done: `  1/3  train/a  packed, 2.1 MB to 3.4 MB`. */
export function packEventText({split, id, done, of, result}: PackEvent): string {
  const head = `  ${String(done).padStart(String(of).length)}/${of}  ${printable(`${split}/${id}`)}  `;
  if (isRifeError(result)) return `${head}left out: ${printable(result.message)} (${result.code})`;
  const {status, damage, bytesIn, bytesOut} = result;
  const sizes = `${megabytes(bytesIn)} to ${megabytes(bytesOut)}`;
  return `${head}${status}, ${sizes}${damage ? `; replaced: ${damage}` : ''}`;
}

/** What a run did that took `ms` milliseconds. */
export function packSummaryLines(summary: PackSummary, ms: number): string[] {
  const {clips, packed, kept, replaced, failed, passedOver, frames, bytesIn, bytesOut} = summary;
  const parts = [
    `${packed} packed`,
    ...(replaced > 0 ? [`${replaced} of them in place of a damaged one`] : []),
    `${kept} kept`,
    ...(failed.length > 0 ? [`${failed.length} left out`] : []),
  ];
  const share = bytesIn > 0 ? ` (${((100 * bytesOut) / bytesIn).toFixed(0)} %)` : '';
  return [
    `${plural(clips, 'clip')}: ${parts.join(', ')}`,
    `${plural(frames, 'frame')}, ${megabytes(bytesIn)} in, ${megabytes(bytesOut)} out${share}, ${duration(ms)}`,
    ...passedOver,
  ];
}

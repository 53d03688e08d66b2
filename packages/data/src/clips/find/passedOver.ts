/** What a scan skipped, and why. Nothing is skipped silently. */
import {printable} from '@rife-train/errors';

/** Why something was skipped, in the order of the report. */
export const REASONS = {
  unreadable: 'folder that can’t be read',
  deep: 'folder deeper than four below the split',
  beside: 'beside the folders of the splits',
  unlisted: 'not in the list',
  again: 'link to what is there already',
  other: 'file of another type',
  special: 'neither file nor folder',
  system: 'of the system (NAS, macOS, Windows)',
  hidden: 'hidden',
} as const;
export type Reason = keyof typeof REASONS;

/** Everything skipped for one reason, as paths below the root. */
export interface PassedOver {
  reason: Reason;
  paths: string[];
}

/** Of no interest to a user. */
const HARMLESS: ReadonlySet<Reason> = new Set(['system', 'hidden']);
const EXAMPLES = 3;

/** Collects what a scan skips. */
export class PassedOverLog {
  private readonly paths = new Map<Reason, string[]>();

  add(reason: Reason, path: string): void {
    const paths = this.paths.get(reason);
    if (paths) paths.push(path);
    else this.paths.set(reason, [path]);
  }

  all(): PassedOver[] {
    return (Object.keys(REASONS) as Reason[]).flatMap(reason => {
      const paths = this.paths.get(reason);
      return paths ? [{reason, paths}] : [];
    });
  }
}

/**
 * `Passed over: 2 x file of another type (a/notes.txt, list.csv); 1 x hidden (.DS_Store)`; empty if
 * nothing was skipped.
 */
export function passedOverText(all: readonly PassedOver[], withHarmless = true): string {
  const parts = all
    .filter(({reason}) => withHarmless || !HARMLESS.has(reason))
    .map(({reason, paths}) => {
      const shown = paths.slice(0, EXAMPLES).join(', ') + (paths.length > EXAMPLES ? ', ...' : '');
      return `${paths.length.toLocaleString('en-US')} x ${REASONS[reason]} (${printable(shown)})`;
    });
  return parts.length > 0 ? `Passed over: ${parts.join('; ')}` : '';
}

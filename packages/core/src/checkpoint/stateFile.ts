/** state.json as text: sealed when it is written, checked when it is read. */
import {checkpointVersion} from '@rife-train/errors';
import {sha256Of, type FileSeal} from '@rife-train/files';
import {FIRST_SEALED, migrated, STATE_VERSION} from './migrations.js';
import {OPTIMIZER_FILE, STATE_FILE, WEIGHTS_FILE, type CheckpointState} from './state.js';

type Raw = Record<string, unknown>;

/**
 * Of the values, not of the bytes: JSON comes back from a parser as it went in, in the same order.
 */
const checksumOf = (state: object) => sha256Of(JSON.stringify(state));

/** The text of a state.json, with its own checksum as the last entry. */
export const stateText = (state: CheckpointState): string =>
  `${JSON.stringify({...state, sha256: checksumOf(state)}, null, 2)}\n`;

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isRanges = (value: unknown) =>
  Array.isArray(value) &&
  value.every(range => Array.isArray(range) && range.length === 2 && range.every(isCount));
const isSeal = (seal: unknown) =>
  isCount((seal as FileSeal | undefined)?.bytes) && typeof (seal as FileSeal).sha256 === 'string';

function isWhole(state: CheckpointState): boolean {
  const files = [WEIGHTS_FILE, OPTIMIZER_FILE, ...(state.snapshots ?? []).map(({file}) => file)];
  return (
    [state.step, state.updates, state.dataIndex].every(isCount) &&
    files.every(file => isSeal(state.files?.[file])) &&
    typeof state.model?.name === 'string' &&
    typeof state.plugins === 'object' &&
    typeof state.config === 'object' &&
    typeof state.setbacks === 'object' &&
    isRanges(state.avoided)
  );
}

/**
 * Is it as it was written? A checksum that is there must fit, whatever the version says: that may
 * be what was changed.
 */
function isSealed({sha256, ...state}: Raw): boolean {
  if (sha256 !== undefined) return sha256 === checksumOf(state);
  const version = state['version'] as number;
  return version < FIRST_SEALED || version > STATE_VERSION;
}

/**
 * Parses a state.json; returns what is wrong with it when it is torn or changed.
 * @throws RIFE_ERR_CHECKPOINT_VERSION for one of another release
 */
export function parseState(text: string, folder: string): CheckpointState | string {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return `${STATE_FILE} is not JSON`;
  }
  if (typeof raw !== 'object' || raw === null) return `${STATE_FILE} is not an object`;
  const {version} = raw as {version?: unknown};
  if (!isCount(version)) return `${STATE_FILE} has no version`;
  if (!isSealed(raw as Raw)) return `${STATE_FILE} has another checksum`;
  const {sha256: _sha256, ...unsealed} = raw as Raw;
  const state = migrated(unsealed) as CheckpointState | undefined;
  if (!state) throw checkpointVersion(folder, version, STATE_VERSION);
  return isWhole(state) ? state : `${STATE_FILE} lacks entries`;
}

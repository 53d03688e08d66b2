/** state.json as text: sealed when it is written, checked when it is read. */
import {checkpointVersion, messageOf} from '@rife-train/errors';
import {sha256Of} from '@rife-train/files';
import {stateProblem} from './fileSchemas.js';
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

/** Entries that are of another type, missing, or without a seal. */
function problemOf(state: CheckpointState): string | undefined {
  const problem = stateProblem(state);
  if (problem !== undefined) return problem;
  const files = [WEIGHTS_FILE, OPTIMIZER_FILE, ...(state.snapshots ?? []).map(({file}) => file)];
  const unsealed = files.find(file => !Object.hasOwn(state.files, file));
  return unsealed && `files: ${unsealed} has no checksum`;
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses a state.json; returns what is wrong with it when it is torn or changed.
 * @throws RIFE_ERR_CHECKPOINT_VERSION for one of another release
 */
export function parseState(text: string, folder: string): CheckpointState | string {
  const raw = parsed(text);
  if (raw === undefined) return `${STATE_FILE} is not JSON`;
  if (typeof raw !== 'object' || raw === null) return `${STATE_FILE} is not an object`;
  const {version} = raw as {version?: unknown};
  if (!isCount(version)) return `${STATE_FILE} has no version`;
  try {
    if (!isSealed(raw as Raw)) return `${STATE_FILE} has another checksum`;
  } catch (error) {
    // Nested so deep that it can't be written again.
    return `${STATE_FILE} can't be checked (${messageOf(error)})`;
  }
  const {sha256: _sha256, ...unsealed} = raw as Raw;
  const state = migrated(unsealed) as CheckpointState | undefined;
  if (!state) throw checkpointVersion(folder, version, STATE_VERSION);
  const problem = problemOf(state);
  return problem === undefined ? state : `${STATE_FILE} lacks entries, or has wrong ones: ${problem}`;
}

/** What can go wrong with packed clips (`rife-train data pack`). */
import {skipHint} from './data.js';
import {RifeError} from './rifeError.js';

const part = 'data';

/** A packed clip that does not match its checksums. `where` names the frame or part of the file. */
export const packDamaged = (clip: string, file: string, where: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_PACK',
    part,
    what: `Packed clip "${file}" of clip "${clip}" can't be used, ${where}: ${reason}`,
    expected: 'Expected a complete file, written by this version of "rife-train data pack"',
    fix: `Pack it again ("rife-train data pack --verify" finds and replaces all such files), ${skipHint}`,
    cause,
  });

/** A packed clip that can't be written. */
export const packWriteFailed = (file: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_PACK_WRITE',
    part,
    what: `Can't write the packed clip "${file}": ${reason}`,
    expected: 'No partial file was left; clips packed earlier are intact',
    fix: 'Free disk space or correct the permissions, and run the same command again: it continues with the clips that are missing',
    cause,
  });

/** A folder for cached clips that can't be written to. */
export const cacheUnwritable = (dir: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_CACHE',
    part,
    what: `The folder for cached clips, "${dir}", can't be used: ${reason}`,
    expected: 'Expected a folder that this user may create, read and write',
    fix: 'Correct data.cache or the permissions, or set data.cache to false',
    cause,
  });

/** Packed clips would be written among their source clips. */
export const packTarget = (root: string, out: string) =>
  new RifeError({
    code: 'RIFE_ERR_DATA_PACK_TARGET',
    part,
    what: `The folder for packed clips, "${out}", is inside the data folder "${root}"`,
    expected: 'Expected a folder outside it; otherwise every clip would be found twice',
    fix: 'Name another folder with --out',
  });

import {messageOf, RifeError} from './rifeError.js';

const part = 'cli';

/** A folder to compare holds neither a run nor an evaluation. */
export const compareNoRunError = (folder: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_COMPARE_NO_RUN',
    part,
    what: `There is nothing to compare in ${folder}: ${problem}`,
    expected:
      'Expected the folder of a run, with its metrics.jsonl, or one that "rife-train eval" has written, with result.json',
    fix: 'Correct the path, or leave it out',
  });

/** A file of a run or evaluation that exists, and can't be read. */
export const compareUnreadableError = (file: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_COMPARE_UNREADABLE',
    part,
    what: `${file} can't be read (${messageOf(cause)})`,
    fix: 'Restore the file from a copy, or leave its folder out',
    cause,
  });

/** Folders that can't be compared with each other. */
export const compareMixedError = (what: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_CLI_COMPARE_MIXED',
    part,
    what,
    expected,
    fix: 'Compare runs with runs, and evaluations of one set, protocol and list of files with each other',
  });

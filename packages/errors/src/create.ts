import {messageOf, RifeError} from './rifeError.js';

const part = 'create';

/** An invalid name for a plugin package. */
export const pluginNameError = (name: string, reason?: string) =>
  new RifeError({
    code: 'RIFE_ERR_CREATE_NAME',
    part,
    what: `A plugin can't be named ${JSON.stringify(name)}${reason === undefined ? '' : `: ${reason}`}`,
    expected:
      'Expected lower-case letters, digits and single hyphens, beginning with a letter, optionally after "@scope/"',
    fix: 'For example: soft-start, or @you/soft-start',
  });

/** The folder of a new package already exists. */
export const folderExistsError = (folder: string) =>
  new RifeError({
    code: 'RIFE_ERR_CREATE_EXISTS',
    part,
    what: `${folder} already exists`,
    expected: 'It was not changed',
    fix: 'Give another folder after the name of the plugin, or move this one away',
  });

/** The new package can't be written. */
export const createFailedError = (folder: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CREATE_FAILED',
    part,
    cause,
    what: `The package could not be written to ${folder}: ${messageOf(cause)}`,
    expected: 'No partial package was left',
    fix: 'Free disk space, correct the permissions, or name another folder',
  });

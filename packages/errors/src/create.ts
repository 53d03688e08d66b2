import {messageOf, RifeError} from './rifeError.js';

const part = 'create';

/** A name that no plugin package can have. */
export const pluginNameError = (name: string, reason?: string) =>
  new RifeError({
    code: 'RIFE_ERR_CREATE_NAME',
    part,
    what: `A plugin can't be named ${JSON.stringify(name)}${reason === undefined ? '' : `: ${reason}`}`,
    expected:
      'Expected small letters, digits and single hyphens, beginning with a letter, with or without "@scope/" before it',
    fix: 'For example: soft-start, or @you/soft-start',
  });

/** The folder of a new package is there already. */
export const folderExistsError = (folder: string) =>
  new RifeError({
    code: 'RIFE_ERR_CREATE_EXISTS',
    part,
    what: `${folder} exists already`,
    expected: 'It was not touched',
    fix: 'Name another folder behind the name of the plugin, or move this one away',
  });

/** The new package can't be written. */
export const createFailedError = (folder: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_CREATE_FAILED',
    part,
    cause,
    what: `The package could not be written to ${folder}: ${messageOf(cause)}`,
    expected: 'Nothing was left behind',
    fix: 'Free space or permissions, or name another folder',
  });

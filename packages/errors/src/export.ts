import {RifeError} from './rifeError.js';

const part = 'export';

/** The network computes something that exports don't know. */
export const exportOp = (op: string, how?: string) =>
  new RifeError({
    code: 'RIFE_ERR_EXPORT_OP',
    part,
    what: `The network uses ${op}${how === undefined ? '' : ` ${how}`}, which can't be exported`,
    expected: 'Nothing was written',
    fix: 'Export without the plugin or option that adds it, or use "rife-train predict" and "interpolate"',
  });

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

/** A format that can't hold what this network computes. */
export const exportFormat = (format: string, what: string) =>
  new RifeError({
    code: 'RIFE_ERR_EXPORT_FORMAT',
    part,
    what: `${format} has no layer for ${what}, which this network needs`,
    expected: 'Nothing was written',
    fix: 'Export a network of RIFE 4.x, or choose another format: onnx, saved-model, tfjs',
  });

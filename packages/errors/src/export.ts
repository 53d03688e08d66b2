import {messageOf, RifeError} from './rifeError.js';

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

/** What was exported computes something else. */
export const exportMismatch = (runtime: string, pair: string, largest: number, bound: number) =>
  new RifeError({
    code: 'RIFE_ERR_EXPORT_CHECK',
    part,
    what: `${runtime} computes another frame of ${pair}: values in 0..1 differ by up to ${largest.toExponential(1)}`,
    expected: `At most ${bound.toExponential(1)} was expected; nothing was written`,
    fix: 'Export with --precision fp32 or --warp gather; if that fails too, please report it with the command',
  });

/** A folder or file that is already there. */
export const exportExists = (path: string) =>
  new RifeError({
    code: 'RIFE_ERR_EXPORT_EXISTS',
    part,
    what: `${path} already exists`,
    expected: 'It was not changed',
    fix: 'Name another path, or add --force to replace it',
  });

/** Files that can't be written. */
export const exportFailed = (path: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_EXPORT_WRITE',
    part,
    cause,
    what: `${path} could not be written: ${messageOf(cause)}`,
    expected: 'No partial file was left',
    fix: 'Free disk space, correct the permissions, or name another path',
  });

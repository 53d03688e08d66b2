import {showValue} from './core.js';
import {RifeError} from './rifeError.js';

const part = 'engine';

/** An op of this package was called while the tfjs backend was not the native engine. */
export const opsBackendError = (op: string, backend: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_OPS_BACKEND',
    part,
    what: `Op "${op}" needs the native TensorFlow engine, but the current tfjs backend is "${backend}"`,
    expected: 'Its exact gradient exists only as a TensorFlow kernel',
    fix: 'Call loadRuntime() of @rife-train/engine first, and do not call tf.setBackend after it',
  });

/** An op of this package got a tensor of the wrong rank or size. */
export const opShapeError = (op: string, argument: string, got: readonly number[], expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_OPS_SHAPE',
    part,
    what: `Op "${op}": "${argument}" has shape ${showValue(got)}`,
    expected: `It must be ${expected}`,
    fix: 'Correct the tensor where the op is called',
  });

/** An op of this package got a wrong value for an argument that is not a tensor. */
export const opArgumentError = (op: string, argument: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_OPS_ARGUMENT',
    part,
    what: `Op "${op}": "${argument}" must be ${expected}, but got ${showValue(got)}`,
    fix: 'Correct it where the op is called',
  });

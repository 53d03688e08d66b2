import {messageOf, RifeError} from './rifeError.js';

const part = 'engine';
const inKernel = (kernel: string | undefined) => (kernel ? ` in tfjs's kernel "${kernel}"` : '');

/** A tensor's value was read while a step was traced: there are no values then. */
export const tracedTensorRead = (kernel: string | undefined, node: string | undefined) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_TRACED_READ',
    part,
    what: `A tensor's value (${node ?? 'unknown'}) was read${inKernel(kernel)} while a step was being captured`,
    expected: 'Traced code sees shapes only; it runs once and becomes a graph',
    fix: 'Keep the computation in tensors, declare a host value with trace.scalar(), or use an op of @rife-train/engine/ops',
  });

export const staleTracedTensor = (shape: readonly number[]) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_STALE_TENSOR',
    part,
    what: `A tensor [${shape.join(',')}] from an earlier capture was used in a new one`,
    expected: 'Tensors of a capture live only until it ends',
    fix: 'Do not keep tensors of a traced hook in a closure; compute them anew each time the hook runs',
  });

export const opHasNoShape = (op: string, kernel: string | undefined, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_OP_SHAPE',
    part,
    what: `The output shape of TensorFlow op "${op}"${inKernel(kernel)} could not be determined while capturing: ${messageOf(cause)}`,
    expected: 'Expected shapes, axes and paddings that are known on the host',
    fix: 'Pass them as plain numbers, not as tensors that were computed in the step',
    cause,
  });

export const opNotRecordable = (op: string, kernel: string | undefined, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_OP_UNSUPPORTED',
    part,
    what: `TensorFlow op "${op}"${inKernel(kernel)} cannot be captured: ${messageOf(cause)}`,
    fix: 'Use another op, or run with execution: "eager"',
    cause,
  });

export const traceReturnedPromise = (entry: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_ASYNC_TRACE',
    part,
    what: `The build function of entry "${entry}" returned a Promise`,
    expected: 'Tracing is synchronous',
    fix: 'Remove async/await from it; wait for values in a host hook and declare them as scalars',
  });

export const fetchIsNotATensor = (entry: string, name: string, got: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_FETCH',
    part,
    what: `Fetch "${name}" of entry "${entry}" is ${got === null ? 'null' : typeof got}`,
    expected: 'Expected a tensor',
    fix: 'Return tensors only from build()',
  });

const list = (names: readonly string[]) => names.map(n => `"${n}"`).join(', ') || 'none';

export const unknownFeed = (entry: string, name: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_UNKNOWN_FEED',
    part,
    what: `Entry "${entry}" has no feed "${name}"`,
    expected: `Its feeds are ${list(known)}`,
    fix: 'Declare it in the entry\'s "feeds"',
  });

export const unknownVariable = (name: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_UNKNOWN_VARIABLE',
    part,
    what: `The program has no variable "${name}"`,
    fix: 'Declare it when the program is created',
  });

export const unknownEntry = (name: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_UNKNOWN_ENTRY',
    part,
    what: `The program has no entry "${name}"`,
    expected: `Its entries are ${list(known)}`,
    fix: 'Call define() before run()',
  });

export const badFeed = (entry: string, name: string, got: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_FEED',
    part,
    what: `Feed "${name}" of entry "${entry}" got ${got}`,
    expected: `Expected ${expected}`,
    fix: 'Pass each declared feed and scalar to every run',
  });

export const badVariableValue = (name: string, got: number, shape: readonly number[]) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_VARIABLE',
    part,
    what: `Variable "${name}" was given ${got} values`,
    expected: `Its shape is [${shape.join(',')}]`,
    fix: 'Pass as many values as the shape has',
  });

export const graphNotLoaded = (cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_GRAPH_LOAD',
    part,
    what: `TensorFlow refused the captured graph: ${messageOf(cause)}`,
    fix: 'Run with execution: "eager" and report the op that it names',
    cause,
  });

export const graphRunFailed = (node: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_GRAPH_RUN',
    part,
    what: `The captured graph failed in "${node.split('/')[0]}": ${messageOf(cause)}`,
    fix: 'If memory ran out, use a smaller crop or batch; otherwise run with execution: "eager" to see the failing op',
    cause,
  });

export const entryNotCompiled = (entry: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_XLA',
    part,
    what: `The first run of "${entry}", in which XLA compiles it, failed: ${messageOf(cause)}`,
    fix: 'Train without compile: "xla", or replace the op that the message names',
    cause,
  });

export const nothingToCompile = () =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_XLA_EAGER',
    part,
    what: 'compile is "xla" and execution is "eager": op by op there is no graph to compile',
    fix: 'Leave out one of the two',
  });

export const sharedFileFailed = (op: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_ENGINE_SHARED_FILE',
    part,
    what: `Variables can't be passed through shared memory (${op}): ${messageOf(cause)}`,
    expected: 'Expected an open file with room for all of them, and memory to map it',
    fix: 'If memory ran out, use fewer devices or a smaller model; otherwise report a bug',
    cause,
  });

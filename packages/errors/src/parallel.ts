import {messageOf, RifeError} from './rifeError.js';

const part = 'parallel';

/** An error of a replica as plain data: class and code do not survive a structured clone. */
export interface ReplicaFailure {
  /** `RIFE_ERR_*`; absent if the error has no code. */
  code?: string;
  name: string;
  message: string;
  stack?: string;
  plugin?: string;
  hook?: string;
  cause?: ReplicaFailure;
}

const listed = (ranks: readonly number[]) =>
  `${ranks.length === 1 ? 'Replica' : 'Replicas'} ${ranks.join(', ')}`;

/** The name of a replica in messages. */
const named = (rank: number, count: number) => `Replica ${rank} (of ${count}, from 0)`;

/** Turns what was thrown into data; {@link replicaError} turns it back. */
export function replicaFailure(error: unknown): ReplicaFailure {
  try {
    return failureOf(error);
  } catch {
    // A property that can't be read, or a circle of causes.
    return {name: 'Error', message: messageOf(error)};
  }
}

function failureOf(error: unknown): ReplicaFailure {
  if (!(error instanceof Error)) return {name: 'Error', message: messageOf(error)};
  const {code, plugin, hook} = error as Partial<RifeError>;
  return {
    name: String(error.name),
    message: String(error.message),
    ...(typeof code === 'string' && /^RIFE_ERR_/.test(code) && {code}),
    ...(error.stack !== undefined && {stack: String(error.stack)}),
    ...(typeof plugin === 'string' && {plugin}),
    ...(typeof hook === 'string' && {hook}),
    ...(error.cause !== undefined && {cause: failureOf(error.cause)}),
  };
}

/**
 * The error with which a replica failed: its code, its stack, and its rank before the message.
 * @param rank undefined if all replicas failed alike: then the message stays as it is
 */
export function replicaError(failure: ReplicaFailure, rank?: number, count = 1): Error {
  const {code, name, stack, plugin, hook} = failure;
  const cause = failure.cause && replicaError(failure.cause);
  const init = {code: code ?? '', part, what: '', fix: '', ...(plugin && {plugin}), ...(hook && {hook})};
  const options = cause && {cause};
  const error: Error = code
    ? new RifeError({...init, ...options})
    : Object.assign(new Error('', options), {name});
  error.message = (rank === undefined ? '' : `${named(rank, count)}: `) + failure.message;
  if (stack !== undefined) error.stack = stack.replace(failure.message, () => error.message);
  return error;
}

/** Another replica has failed. */
export const replicaLost = (rank: number, failure: ReplicaFailure) =>
  new RifeError({
    code: 'RIFE_ERR_PARALLEL_LOST',
    part,
    what: `Replica ${rank} can't continue, because another one failed: ${failure.message}`,
    expected: 'Expected all replicas to reach each step',
    fix: 'Resolve that failure; then continue with --resume',
    cause: replicaError(failure),
  });

/** The process or thread of a replica ended. @param how `exit code 3`, `signal SIGKILL` */
export const replicaDied = (rank: number, count: number, how: string) =>
  new RifeError({
    code: 'RIFE_ERR_PARALLEL_DIED',
    part,
    what: `${named(rank, count)} died: ${how}`,
    expected: 'Expected it to return or to throw',
    fix: `${/SIGKILL|memory/i.test(how) ? 'Memory may have run out: use a smaller batch or crop, or fewer replicas' : 'See what it wrote to standard error'}; then continue with --resume`,
  });

export const replicasStuck = (ranks: readonly number[], seconds: number, call: string) =>
  new RifeError({
    code: 'RIFE_ERR_PARALLEL_STUCK',
    part,
    what: `${listed(ranks)} did not reach ${call} within ${seconds} s of the first that did`,
    expected: 'Expected replicas to take about the same time',
    fix: 'Check whether its device or its data hangs; if it is only slow, raise the time that replicas wait',
  });

/** @param calls what each replica called, by rank; undefined where it has not called yet */
export const replicasMismatch = (calls: readonly (string | undefined)[], number: number) =>
  new RifeError({
    code: 'RIFE_ERR_PARALLEL_MISMATCH',
    part,
    what: `Replicas differ in call ${number}: ${calls.flatMap((call, rank) => (call ? [`replica ${rank}: ${call}`] : [])).join('; ')}`,
    expected: 'Expected the same calls in the same order on every replica',
    fix: 'Make sure that no replica skips a gather() or meanOf(), or returns early, because of something that only it knows',
  });

/**
 * Variables differ. @param how for example
 * `variable 3 is "a" (6) on replica 0, "b" (6) on replica 1`
 */
export const replicasLayout = (how: string) =>
  new RifeError({
    code: 'RIFE_ERR_PARALLEL_LAYOUT',
    part,
    what: `Replicas can't take the mean of different variables: ${how}`,
    expected: 'Expected the same names in the same order, and the same sizes, on every replica',
    fix: 'Give every replica the same configuration and the same plugins',
  });

export const tooFewDevices = (count: number, devices: number) =>
  new RifeError({
    code: 'RIFE_ERR_PARALLEL_DEVICES',
    part,
    what: `${count} replicas were requested, but there ${devices === 1 ? 'is 1 GPU' : `are ${devices} GPUs`} that this process may use`,
    expected: 'Expected one GPU for each replica',
    fix: `Request at most ${devices}, or check CUDA_VISIBLE_DEVICES and nvidia-smi -L`,
  });

export const noReplicaMain = (entry: string, got: string) =>
  new RifeError({
    code: 'RIFE_ERR_PARALLEL_ENTRY',
    part,
    what: `The default export of "${entry}" is ${got}`,
    expected: 'Expected a function (context) => Promise',
    fix: 'Export it with "export default async context => ..."',
  });

export const noBlockMemory = (path: string, bytes: number, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_PARALLEL_MEMORY',
    part,
    what: `A block of ${Math.ceil(bytes / 2 ** 20)} MiB for gradients can't be written to "${path}": ${messageOf(cause)}`,
    expected: 'Expected space for one such block per replica plus one',
    fix: 'Give /dev/shm more space (docker run --shm-size), set TMPDIR to a folder with enough space, or use the launcher "thread"',
    cause,
  });

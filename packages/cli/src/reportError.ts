import {isRifeError, messageOf, stackOf} from '@rife-train/errors';

/**
 * Text for standard error: message, code and where it is explained; the stack only on request. An
 * error without a code is a bug, of ours or of a plugin, and is always shown with its stack.
 */
export function errorText(error: unknown, debug: boolean): string {
  if (!isRifeError(error)) return `Unexpected error: ${stackOf(error)}`;
  const lines = [error.message, '', `Code: ${error.code} (see ${error.docs})`];
  if (error.cause !== undefined && !debug && !error.message.includes(messageOf(error.cause)))
    lines.push(`Cause: ${messageOf(error.cause)}`);
  if (debug) lines.push(...chain(error).map(stackOf));
  return lines.join('\n');
}

/** The error and its causes, outermost first; an error may be among its own causes. */
function chain(error: unknown, before: readonly unknown[] = []): unknown[] {
  const all = [...before, error];
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined || all.includes(cause) ? all : chain(cause, all);
}

/** Are stacks requested? `--debug` sets the variable too, so that worker processes see it. */
export const isDebug = () => !['', '0', undefined].includes(process.env['RIFE_TRAIN_DEBUG']);

import {isRifeError, messageOf} from '@rife-train/errors';

/** Codes of the engine that are about a graph, and not about the machine. */
export const GRAPH_CODES =
  /^RIFE_ERR_ENGINE_(OP_|GRAPH_|UNKNOWN_|(ASYNC_TRACE|TRACED_READ|STALE_TENSOR|FEED|FETCH|VARIABLE|SHARED_FILE)$)/;

/** Page of docs/errors that explains a code, by the start of the code; the rest is on core's. */
const PAGES: readonly [RegExp, string][] = [
  [/^RIFE_ERR_CLI/, 'cli'],
  [/^RIFE_ERR_CREATE/, 'create'],
  [/^RIFE_ERR_ENGINE_OPS_/, 'engineOps'],
  [GRAPH_CODES, 'engineGraph'],
  [/^RIFE_ERR_ENGINE/, 'engine'],
  [/^RIFE_ERR_(PLUGIN|HOOK_|SCALAR_|TRACE_|LOG_KEY$|LOSS_TERM$)/, 'plugins'],
  [/^RIFE_ERR_DATA_(SPLIT_UNCLEAR|FRAME_ORDER)$/, 'dataFind'],
  [/^RIFE_ERR_DATA_BUILD/, 'dataBuild'],
  [/^RIFE_ERR_DATA_(PACK|CACHE)/, 'dataPack'],
  [/^RIFE_ERR_DATA/, 'data'],
  [/^RIFE_ERR_WEIGHTS/, 'weights'],
  [/^RIFE_ERR_PREDICT/, 'predict'],
  [/^RIFE_ERR_MODEL/, 'model'],
  [/^RIFE_ERR_PARALLEL/, 'parallel'],
];

/** Where a code is explained: `docs/errors/cli.md#rife_err_cli_usage`. */
export function docsOf(code: string): string {
  const page = PAGES.find(([pattern]) => pattern.test(code))?.[1] ?? 'core';
  return `docs/errors/${page}.md#${code.toLowerCase()}`;
}

/**
 * Text for standard error: message, code and where it is explained; the stack only on request. What has no
 * code is a bug of ours or of a plugin, and is shown with its stack always.
 */
export function errorText(error: unknown, debug: boolean): string {
  if (!isRifeError(error)) return `Unexpected error: ${stackOf(error)}`;
  const lines = [error.message, '', `Code: ${error.code} (see ${docsOf(error.code)})`];
  if (error.cause !== undefined && !debug && !error.message.includes(messageOf(error.cause)))
    lines.push(`Cause: ${messageOf(error.cause)}`);
  if (debug) lines.push(...chain(error).map(stackOf));
  return lines.join('\n');
}

/** The error and what caused it, outermost first. */
function chain(error: unknown): unknown[] {
  return error instanceof Error && error.cause !== undefined ? [error, ...chain(error.cause)] : [error];
}

const stackOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Is a stack wanted? `--debug` sets the variable too, so that worker processes see it. */
export const isDebug = () => !['', '0', undefined].includes(process.env['RIFE_TRAIN_DEBUG']);

import {ERROR_EXIT, factsOfCode} from './codes.js';

/** Options of a {@link RifeError}. */
export interface RifeErrorInit {
  /**
   * `RIFE_ERR_*`, stable across releases; codes.ts lists them, and each has a section in
   * docs/errors.
   */
  code: string;
  /** Package that reports the error: `engine`, `data`, `core` ... */
  part: string;
  /** What is wrong, with the offending value. */
  what: string;
  /** What was expected. */
  expected?: string;
  /** What the reader can do now. */
  fix: string;
  /** Name of the plugin that caused the error, if one did. */
  plugin?: string;
  /** Name of the hook in which the error occurred. */
  hook?: string;
  cause?: unknown;
}

const sentence = (text: string) => (/[.!?]\s*$/.test(text) ? text : `${text}.`);

/**
 * The one error class of rife-train. The message always reads
 * `[rife:<part>] <what> <expected> <fix>`; programs look at `code`.
 */
export class RifeError extends Error {
  override readonly name = 'RifeError';
  readonly code: string;
  /** Exit code of a command that fails with it. */
  readonly exitCode: number;
  /** Where it is explained: `docs/errors/cli.md#rife_err_cli_usage`. */
  readonly docs: string;
  readonly plugin: string | undefined;
  readonly hook: string | undefined;

  constructor(init: RifeErrorInit) {
    const parts = [init.what, init.expected, init.fix].filter((p): p is string => !!p).map(sentence);
    super(
      `[rife:${init.part}] ${parts.join(' ')}`,
      init.cause === undefined ? undefined : {cause: init.cause},
    );
    const {docs, exitCode} = factsOfCode(init.code);
    this.code = init.code;
    // A plugin is part of the configuration, whatever fails in it.
    this.exitCode = init.plugin === undefined ? exitCode : ERROR_EXIT.usage;
    this.docs = docs;
    this.plugin = init.plugin;
    this.hook = init.hook;
  }
}

/** True for errors of this package, even from a duplicate install, where `instanceof` is false. */
export function isRifeError(error: unknown): error is RifeError {
  return (
    readable(() => error instanceof Error && /^RIFE_ERR_/.test(String((error as RifeError).code))) ?? false
  );
}

/** What a function reads of something that was thrown; undefined where that throws itself. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Message of anything that was thrown, also of an object that has no text. */
export function messageOf(error: unknown): string {
  return (
    readable(() => String(error instanceof Error ? error.message : error)) ??
    `${article(error)} without a text`
  );
}

/** Stack of an error, or the message where it has none. */
export const stackOf = (error: unknown): string =>
  readable(() => (error instanceof Error && error.stack !== undefined ? String(error.stack) : undefined)) ??
  messageOf(error);

const article = (value: unknown) => `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;

/** Rebuilds an error of another thread or process from its code and message. */
export function restoreError(code: string, message: string): RifeError {
  const error = new RifeError({code, part: '', what: '', fix: ''});
  error.message = message;
  return error;
}

/**
 * Messages of several errors, a line each, without the part before them; for the end of a sentence.
 */
export const listedErrors = (errors: readonly RifeError[]) =>
  `:\n${errors.map(({message}) => `  - ${message.replace(/^\[[^\]]*\] /, '')}`).join('\n')}\n`;

/** A duration in seconds or minutes. */
export const durationText = (ms: number): string =>
  ms < 60_000 ? `${ms / 1000} s` : `${Math.round(ms / 60_000)} minutes`;

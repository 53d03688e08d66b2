/**
 * Names that plugins add, opened by declaration merging, so that a mistyped one does not compile:
 *
 *     declare module '@rife-train/core' {
 *       interface LogKeyRegistry {
 *         'gradclip/norm': true;
 *       }
 *     }
 */

/**
 * Keys for `trace.log`, `<plugin>/<what>`. A template is allowed: ``[key:
 * `curriculum/loss/${number}`]: true``.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface LogKeyRegistry {}

/** Loss terms, for `lossTermOf`. Networks and plugins add the names of theirs. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface LossTermRegistry {}

export type LogKey = keyof LogKeyRegistry & string;

export type LossTermName = keyof LossTermRegistry & string;

/** Text in what a terminal, a log or a page shows; names of files and the like are from outside. */

/** Controls, line separators, and signs that change the direction of text. */
const STEERING = '\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069';
const ALL = new RegExp(`[${STEERING}]`, 'g');
const ALL_IN_LINES = new RegExp(`(?![\\n\\t])[${STEERING}]`, 'g');

/** A name, or a line that holds one: each sign that would steer a terminal is shown as `?`. */
export const printable = (text: string) => text.replace(ALL, '?');

/** As {@link printable}, of text whose line ends and tabs are meant. */
export const printableLines = (text: string) => text.replace(ALL_IN_LINES, '?');

/** `1 clip`, `2 clips`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from outside for an element or attribute of a page. */
export const escapeHtml = (text: string): string =>
  printableLines(text).replace(/[&<>"']/g, sign => ENTITIES[sign]!);

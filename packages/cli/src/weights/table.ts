/** Rows of text in columns. */

/** Columns that fit their widest cell; the first is aligned left, the others right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return all.map(row => line(row).trimEnd());
}

/** `label      text`; further lines of one label without it. */
export const labelled = (label: string, texts: readonly string[]): string[] =>
  texts.map((text, i) => `${(i === 0 ? label : '').padEnd(11)}${text}`);

/** Rows of a table that are shown; a file of a million tensors must not fill the terminal. */
export const MOST_ROWS = 40;

/** The first rows, and how many there are more. */
export function firstRows<T>(rows: readonly T[]): {rows: readonly T[]; more: string[]} {
  const rest = rows.length - MOST_ROWS;
  return rest > 0 ? {rows: rows.slice(0, MOST_ROWS), more: [`and ${rest} more`]} : {rows, more: []};
}

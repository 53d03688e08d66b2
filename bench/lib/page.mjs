/** Tables of results in Markdown, and pages whose tables are written by a program. */

/**
 * A table.
 * @param words how many columns, from the left, hold words; the others hold numbers
 */
export const markdownTable = (head, rows, words = 1) =>
  [head, head.map((_, i) => (i < words ? '---' : '--:')), ...rows]
    .map(row => `| ${row.join(' | ')} |`)
    .join('\n');

/** A page whose part between `<!-- name: by program -->` and `<!-- end -->` is `text`. */
export function renewed(page, name, text, program) {
  const marks = new RegExp(`(<!-- ${name}: by ${program} -->)[^]*?(<!-- end -->)`);
  if (!marks.test(page)) throw new Error(`no place for "${name}"`);
  return page.replace(marks, (_, begin, end) => `${begin}${text}${end}`);
}

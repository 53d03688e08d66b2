/** Cells of a row of a table, without the label. */
export const rowOf = (text: string, label: string) =>
  text
    .split('\n')
    .find(line => line.startsWith(`${label}  `))
    ?.slice(label.length)
    .trim()
    .split(/ {2,}/);

/** The list of attacks, and the table of what they found. */
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

/** All attacks of a folder: `{file, topic, name, expected, run, skip}`. */
export async function loadAttacks(folder) {
  const files = readdirSync(folder).filter(name => name.endsWith('Attacks.mjs'));
  const paths = files.sort().map(name => join(folder, name));
  const topics = await Promise.all(
    paths.map(async file => ({file, ...(await import(pathToFileURL(file).href))})),
  );
  return topics.flatMap(({file, topic, attacks}) => attacks.map(attack => ({file, topic, ...attack})));
}

/** What is wrong with the list itself. */
export function problems(attacks) {
  const seen = new Set();
  return attacks.flatMap(({file, topic, name, expected, run, skip}) => {
    const which = `${topic}: ${name}`;
    const wrong = [
      ...Object.entries({topic, name, expected})
        .filter(([, text]) => typeof text !== 'string' || text.trim() === '')
        .map(([key]) => `"${key}" is missing`),
      ...(typeof run === 'function' ? [] : ['"run" is no function']),
      ...(skip === undefined || typeof skip === 'function' ? [] : ['"skip" is no function']),
      ...(seen.has(which) ? ['two attacks have this name'] : []),
    ];
    seen.add(which);
    return wrong.map(what => `${file}: ${which}: ${what}`);
  });
}

/** A text as the cell of a table: one line, and no character that a page or terminal acts on. */
export const cell = text =>
  String(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')
    .replaceAll('<', '&lt;')
    .replaceAll('|', '\\|');

/** Rows of `{topic, name, expected, result, seen}` as Markdown. */
export const table = rows =>
  [
    '| topic | attack | expected | result |',
    '|---|---|---|---|',
    ...rows
      .map(({topic, name, expected, result, seen}) =>
        [topic, name, expected, `${result}: ${seen}`].map(cell).join(' | '),
      )
      .map(row => `| ${row} |`),
  ].join('\n');

const BEGIN = '<!-- attacks: begin -->';
const END = '<!-- attacks: end -->';

/** A page with the table between its two marks replaced. */
export function renewed(page, text) {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page lacks "${BEGIN}" and "${END}"`);
  return `${page.slice(0, begin)}${BEGIN}\n${text}\n${page.slice(end)}`;
}

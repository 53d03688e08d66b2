/** What the pages of `compare` share: escaping, tables, style. */
import {createHash} from 'node:crypto';
import {escapeHtml, printable} from '@rife-train/errors';
import type {OptionDifference} from './differences.js';
import type {Row} from './rows.js';

/**
 * Eight colours, found by a search that maximised the smallest difference of any two, also as seen
 * with protanopia, deuteranopia and tritanopia (matrices of Machado et al. 2009): at least 26 of
 * CIELAB in all four, and a contrast of 3:1 to the background.
 */
export const COLOURS = {
  light: ['#1513ec', '#f659b2', '#9c8608', '#435854', '#5686ff', '#6c2201', '#54019a', '#110834'],
  dark: ['#6af7e5', '#f81561', '#eff61b', '#b1a9ff', '#c58403', '#bf2a90', '#b7fd8e', '#5759e4'],
};

const variables = (colours: readonly string[]) => colours.map((colour, i) => `--r${i}:${colour}`).join(';');
const classes = COLOURS.light.map((_, i) => `.r${i}{color:var(--r${i})}`).join('');

const STYLE = `
:root{color-scheme:light dark;--back:#fff;--text:#222;--line:#8885;${variables(COLOURS.light)}}
@media(prefers-color-scheme:dark){:root{--back:#121212;--text:#ddd;${variables(COLOURS.dark)}}}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem;background:var(--back);color:var(--text)}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem;border-top:1px solid var(--line);padding-top:1rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
td,th{padding:.2rem .6rem;border-bottom:1px solid var(--line);text-align:right;overflow-wrap:anywhere}
td:first-child{text-align:left;white-space:nowrap}${classes}
figure{margin:1.5rem 0}figure>svg{display:block;width:100%;height:auto}figcaption{font-size:.9rem}
.key{margin-left:.8rem;white-space:nowrap}.key svg{width:24px;height:8px;margin-right:.3rem}
svg text{fill:currentColor;font-size:11px}.x{text-anchor:middle}.y{text-anchor:end;dominant-baseline:middle}
.grid{stroke:var(--line);stroke-width:.5}.line{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
.apart{stroke-dasharray:5 4}.band{fill:currentColor;opacity:.1}circle,.mark{fill:currentColor}.strip{fill:transparent}
.strip:hover{fill:var(--line)}`;

/** A table of rows; the names of the columns have the colours of their curves. */
export function htmlTable(names: readonly string[], rows: readonly Row[]): string {
  const head = names.map((name, i) => `<th class="r${i}">${escapeHtml(name)}</th>`).join('');
  const body = rows.map(({label, cells}) => {
    const values = cells.map(cell => `<td>${escapeHtml(cell)}</td>`).join('');
    return `<tr><td>${escapeHtml(label)}</td>${values}</tr>`;
  });
  return `<div class="scroll"><table><tr><td></td>${head}</tr>${body.join('\n')}</table></div>`;
}

/** Options that differ. */
export const optionsTable = (names: readonly string[], differences: readonly OptionDifference[]) =>
  differences.length === 0
    ? '<p>No recorded option differs.</p>'
    : htmlTable(
        names,
        differences.map(({option, values}) => ({label: printable(option), cells: values})),
      );

/** A list; empty without items. */
export const htmlList = (items: readonly string[]) =>
  items.length === 0 ? '' : `<ul>${items.map(item => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;

const HASH = createHash('sha256').update(STYLE).digest('base64');
/** A browser then loads nothing and runs nothing, whatever a name of a run or option holds. */
const POLICY = `default-src 'none';style-src 'sha256-${HASH}'`;

/** A page of its own, without scripts, in the reader's light or dark scheme. */
export const htmlPage = (title: string, body: readonly string[]) =>
  [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...body.filter(part => part !== ''),
    '</body></html>',
    '',
  ].join('\n');

/** The style, the script and the elements of the page. */
import {createHash} from 'node:crypto';
import {escapeHtml} from '@rife-train/errors';
import type {Cells} from './facts.js';

export const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`;

/** A table that scrolls sideways by itself; names are left, numbers right. */
export function htmlTable({head, rows, left}: Cells): string {
  const cell = (tag: string) => (text: string, column: number) =>
    `<${tag}${column < left ? ' class="name"' : ''}>${escapeHtml(text)}</${tag}>`;
  const row = (cells: readonly string[], tag: string) => `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  const body = rows.map(cells => row(cells, 'td')).join('\n');
  return `<div class="scroll" tabindex="0"><table><thead>${row(head, 'th')}</thead><tbody>${body}</tbody></table></div>`;
}

/** JSON in a script element, which a `<` could end. */
export const jsonScript = (json: string) =>
  `<script type="application/json" id="result">${json.replaceAll('<', '\\u003c')}</script>`;

/** Without scripts the pictures are there one by one; with them also over each other. */
const SCRIPT = `for (const box of document.querySelectorAll('.compare')) {
  const [under, over] = box.querySelectorAll('img');
  const shown = name => box.closest('article').querySelector('img[data-name="' + name + '"]').src;
  under.src = shown(under.dataset.of);
  over.src = shown(over.dataset.of);
  const range = box.querySelector('input');
  const move = () => box.style.setProperty('--at', range.value + '%');
  range.addEventListener('input', move);
  move();
  box.hidden = false;
}`;

const STYLE = `
:root{color-scheme:light dark;--line:#8885;--soft:#8882;--warning:#a60;
--network:#1f6fd0;--against:#c2410c;--mean:#6b7280;--nearest:#8a5cc9}
@media(prefers-color-scheme:dark){:root{--warning:#eb5;--network:#6aa5f5;--against:#fb923c;--mean:#a3a9b4;--nearest:#c4a3f5}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.15rem;margin-top:2rem;border-top:1px solid var(--line);padding-top:1rem}
h3{font-size:1rem;margin:0 0 .3rem}p{margin:.4rem 0}.warning{color:var(--warning);font-weight:600}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
td,th{padding:.2rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
.name{text-align:left}td:first-child{font-weight:600}.notes{font-size:.8rem;opacity:.85}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
svg{display:block;width:100%;height:auto;max-width:36rem;font:13px system-ui,sans-serif}svg text{fill:currentColor}
svg .grid{stroke:var(--line)}svg path{fill:none;stroke-width:2}
.network{stroke:var(--network)}.against{stroke:var(--against)}.mean{stroke:var(--mean)}.nearest{stroke:var(--nearest)}
svg circle{fill:Canvas;stroke-width:2}
article{border:1px solid var(--line);border-radius:8px;padding:.8rem;margin:1rem 0;break-inside:avoid}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:.6rem;margin-top:.6rem}
figure{margin:0}figure img{display:block;width:100%;height:auto;border-radius:4px}figcaption{font-size:.8rem;opacity:.85}
.compare{--at:50%;margin-top:.6rem;max-width:48rem}.compare[hidden]{display:none}.stack{position:relative}
.stack img{display:block;width:100%;height:auto;border-radius:4px}
.stack img+img{position:absolute;inset:0;clip-path:inset(0 0 0 var(--at))}
.stack::after{content:"";position:absolute;inset:0 auto 0 var(--at);border-left:2px solid #fff;box-shadow:-1px 0 #000}
.ends{display:flex;justify-content:space-between;font-size:.8rem}.compare input{width:100%;margin:.3rem 0}
pre{white-space:pre-wrap;font-size:.85rem;background:var(--soft);padding:.6rem;border-radius:6px}
dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.2rem .8rem;font-size:.9rem}dt{opacity:.8}dd{margin:0}
@media(max-width:40rem){td,th{padding:.2rem .3rem}table{font-size:.78rem}.pictures{grid-template-columns:1fr 1fr}}
@media print{body{max-width:none;padding:0}.compare{display:none}.scroll{overflow:visible}table{font-size:.7rem}}`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A browser then loads nothing, and runs nothing but our few lines. */
const POLICY = `default-src 'none';img-src data:;style-src ${hash(STYLE)};script-src ${hash(SCRIPT)}`;

/** A whole page. */
export const htmlPage = (title: string, body: readonly string[]): string =>
  [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>`,
    ...body,
    `<script>${SCRIPT}</script></body></html>`,
    '',
  ].join('\n');

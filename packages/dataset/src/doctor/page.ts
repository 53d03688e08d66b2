/**
 * The report of `data doctor` as an HTML page: one file, without scripts, in the reader's light or
 * dark scheme.
 */
import {REASONS} from '@rife-train/data/parts';
import {escapeHtml} from '@rife-train/errors';
import {duration, percent} from '../text.js';
import {FINDING_KINDS, type Finding} from './findings.js';
import {COARSE_ENDS} from './histogram.js';
import type {DataReport, GapMotion} from './report.js';
import type {Picture, Pictures} from './shots.js';
import {splitLine, verdict} from './text.js';

/** Most findings of a kind that are listed; the file of --json has all. */
const LISTED = 200;

const STYLE = `
:root{color-scheme:light dark;--line:#8885;--bar:#3b7dd8;--error:#c22;--warning:#a60}
@media(prefers-color-scheme:dark){:root{--bar:#6aa5f5;--error:#f77;--warning:#eb5}}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem;border-top:1px solid var(--line);padding-top:1rem}
pre{white-space:pre-wrap;font-size:.85rem}ul{padding-left:1.1rem}.error{color:var(--error)}.warning{color:var(--warning)}
li{margin:.5rem 0}figure{display:inline-block;margin:.3rem 2% .3rem 0;max-width:min(15rem,46%);vertical-align:top}
img{display:block;max-width:100%;height:auto;border-radius:4px}figcaption{font-size:.8rem;opacity:.8}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem}
td,th{padding:.2rem .5rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
.bar{display:inline-block;height:.7rem;background:var(--bar);border-radius:2px}`;

const figures = (pictures: readonly Picture[] = []) =>
  pictures
    .map(
      ({uri, caption}) =>
        `<figure><img src="${escapeHtml(uri)}" alt="${escapeHtml(caption)}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`,
    )
    .join('');

const findingItem = ({split, clip, text}: Finding, pictures: readonly Picture[] | undefined) =>
  `<li><b>${escapeHtml(`${split} ${clip}`)}</b>: ${escapeHtml(text)}<br>${figures(pictures)}</li>`;

function findingSections({findings}: DataReport, pictures: Pictures): string[] {
  return Object.entries(FINDING_KINDS).flatMap(([kind, [, meaning]]) => {
    const own = [...findings.entries()].filter(([, finding]) => finding.kind === kind);
    if (own.length === 0) return [];
    const severity = own[0]![1].severity;
    const items = own
      .slice(0, LISTED)
      .map(([index, finding]) => findingItem(finding, pictures.findings.get(index)));
    if (own.length > LISTED) items.push(`<li>and ${own.length - LISTED} more</li>`);
    return [
      `<h2><span class="${severity}">${severity}</span> ${kind} (${own.length})</h2>`,
      `<p>${escapeHtml(meaning)}</p><ul>${items.join('')}</ul>`,
    ];
  });
}

const motionHead = () =>
  ['frames apart', 'median', '95 %', ...COARSE_ENDS.map(end => `&lt; ${end}`), 'more']
    .map(text => `<th>${text}</th>`)
    .join('');

const bar = (share: number) =>
  `<td>${percent(share)}<br><span class="bar" style="width:${(3 * share).toFixed(2)}rem"></span></td>`;

const motionRow = ({gap, median, p95, shares}: GapMotion) =>
  `<tr><td>${gap}</td><td>${median.toFixed(1)}</td><td>${p95.toFixed(1)}</td>${shares.map(bar).join('')}</tr>`;

const passedOverSection = ({passedOver}: DataReport): string[] =>
  passedOver.flatMap(({split, reason, paths}) => [
    `<h2>Passed over in ${split}: ${escapeHtml(REASONS[reason])} (${paths.length})</h2>`,
    `<ul>${paths
      .slice(0, LISTED)
      .map(path => `<li>${escapeHtml(path)}</li>`)
      .join('')}</ul>`,
    ...(paths.length > LISTED ? [`<p>and ${paths.length - LISTED} more</p>`] : []),
  ]);

function motionSection({motion, fastest}: DataReport, pictures: Pictures): string[] {
  const rows = motion.filter(({windows}) => windows > 0).map(motionRow);
  const items = fastest.map(
    ({split, clip, frame, pixels}, index) =>
      `<li><b>${escapeHtml(`${split} ${clip}`)}</b>: ${pixels.toFixed(1)} px from frame ${frame} to ${frame + 1}<br>${figures(pictures.fastest.get(index))}</li>`,
  );
  return [
    '<h2>Motion</h2><p>Pixels of the frames; shares of windows with something in them. Block matching reaches a quarter of the longer side.</p>',
    `<div class="scroll"><table><tr>${motionHead()}</tr>${rows.join('')}</table></div>`,
    `<h2>Highest motion</h2><ul>${items.join('')}</ul>`,
  ];
}

function samplingSection({sampling, decode}: DataReport): string[] {
  const shares =
    'error' in sampling
      ? `<p class="error">${escapeHtml(sampling.error)}</p>`
      : `<p>${sampling.shares.map(({gap, share}) => `${gap}: ${percent(share)}`).join(', ')}</p>`;
  const speed = decode
    ? `<p>${decode.msPerTriplet.toFixed(1)} ms a triplet in one thread; an epoch of ${decode.epochSamples} samples with ${decode.workers} worker(s): ${duration(decode.epochSeconds * 1000)}, without the training step, nothing cached.</p>`
    : '';
  return [`<h2>Share of each gap</h2>${shares}`, `<h2>Decoding</h2>${speed}`];
}

/** A complete HTML page. */
export function doctorPage(report: DataReport, pictures: Pictures): string {
  const {counts, root, splits, notes} = report;
  const state = counts.errors > 0 ? 'error' : counts.warnings > 0 ? 'warning' : '';
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(`Data doctor: ${root}`)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(root)}</h1><p class="${state}">${escapeHtml(verdict(report))}</p>`,
    `<pre>${escapeHtml([...splits.map(splitLine), ...notes].join('\n'))}</pre>`,
    ...findingSections(report, pictures),
    ...passedOverSection(report),
    ...motionSection(report, pictures),
    ...samplingSection(report),
    '</body></html>',
    '',
  ].join('\n');
}

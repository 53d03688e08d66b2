/** The report as a page: one HTML file that needs nothing else, light or dark, and on paper. */
import {comparableScores} from '../protocols/comparable.js';
import {extremeFrames} from '../statistics/extremes.js';
import {byMotion, byTime, motionText, timeText, type Frames} from '../statistics/slices.js';
import {meansOf, type Slice, type Summary} from '../statistics/summary.js';
import type {MetricName} from '../metrics/metric.js';
import {chartSvg} from './charts.js';
import * as facts from './facts.js';
import {costText, directionText, scoreText, SUBJECT_NAMES} from './format.js';
import {escapeHtml} from '@rife-train/errors';
import {htmlPage, htmlTable, jsonScript, paragraph} from './html.js';
import {resultJson} from './json.js';
import type {EvalResult, FrameResult} from './result.js';

/** Pictures of a frame as data URIs: `data:image/png;base64,...`. All have the frame's shape. */
export interface FramePictures {
  /** Id of the target. */
  target: string;
  img0: string;
  gt: string;
  /** Of the network. */
  prediction: string;
  /** Of the other network, where there is one. */
  against?: string;
  /** Error of the prediction, and by how much it is brightened. */
  error: string;
  errorGain: number;
  /** Flow from the frame to img0 in colours, and the length in pixels of the strongest. */
  flow?: {uri: string; pixels: number};
}

/** Bins of the curve by motion. */
const BINS = 8;

const titled = (title: string, parts: readonly string[]) =>
  parts.some(part => part !== '') ? [`<h2>${escapeHtml(title)}</h2>`, ...parts] : [];

const tableOf = (cells: facts.Cells | undefined) => (cells && cells.rows.length > 0 ? htmlTable(cells) : '');

function headSection(result: EvalResult, summary: Summary): string[] {
  const {title, protocol, identity, layout} = result;
  const extent = facts.extentLine(result, summary);
  const isSubset = extent.startsWith('subset');
  return [
    `<h1>${escapeHtml(title)}</h1>`,
    paragraph(`Protocol ${protocol.name} (${protocol.source}): ${facts.protocolLine(result)}`),
    ...facts.networkLines(identity).map(paragraph),
    paragraph(layout),
    `<p${isSubset ? ' class="warning"' : ''}>${escapeHtml(extent)}</p>`,
    ...facts.remarkLines(result).map(paragraph),
    htmlTable(facts.wholeCells(summary)),
    `<p class="notes">${escapeHtml(summary.metrics.map(metric => `${metric}: ${directionText(metric)}`).join('; '))}</p>`,
    ...facts.notFiniteLines(summary).map(paragraph),
  ];
}

function meanSections(summary: Summary): string[] {
  const section = (title: string, what: string, slices: readonly Slice[]) =>
    titled(title, [tableOf(facts.meanCells(what, slices, summary))]);
  const {groups, parts, gaps, quartiles} = summary;
  const ofGroups = tableOf(facts.meanCells('clip', groups, summary));
  return [
    ...section('By part', 'part', parts),
    ...section('By gap', 'gap', gaps),
    ...section('By motion between the inputs, in quarters', 'motion', quartiles),
    ...(ofGroups === ''
      ? []
      : ['<h2>By clip</h2>', `<details><summary>${groups.length} clips</summary>${ofGroups}</details>`]),
  ];
}

function differenceSection(result: EvalResult, summary: Summary): string[] {
  const tables = (['against', 'mean'] as const).flatMap(other => {
    const cells = facts.differenceCells(summary, other, result.protocol.metrics);
    if (!cells) return [];
    const byClip = tableOf(facts.clipCells(summary, other, result.protocol.metrics));
    return [
      `<h3>Network minus ${SUBJECT_NAMES[other]}</h3>`,
      htmlTable(cells),
      byClip === '' ? '' : `<details><summary>by clip</summary>${byClip}</details>`,
    ];
  });
  return tables.length > 0
    ? titled('Paired differences', [
        ...tables,
        `<p class="notes">${escapeHtml(facts.intervalLine(summary))}</p>`,
      ])
    : [];
}

function publishedSection(result: EvalResult, summary: Summary): string[] {
  const published = facts.publishedCells(comparableScores(result), summary, result.identity.set);
  if (typeof published === 'string') return titled('Published scores', [paragraph(published)]);
  const notes = published.notes.map(escapeHtml).join('<br>');
  return titled('Published scores of this set, measured alike', [
    htmlTable(published.cells),
    `<p class="notes">${notes}</p>`,
  ]);
}

/** A metric over slices of the frames. */
function curve(
  result: EvalResult,
  {subjects}: Summary,
  metric: MetricName,
  {
    what,
    xLabel,
    slices,
    xOf,
  }: {
    what: string;
    xLabel: string;
    slices: readonly Frames[];
    xOf: (frame: FrameResult) => number;
  },
): string {
  const points = slices.map(({frames}) => ({
    x: frames.reduce((sum, frame) => sum + xOf(frame), 0) / frames.length,
    means: meansOf(frames, subjects, [metric], result.protocol.mean),
  }));
  const series = subjects.map(subject => ({
    subject,
    name: SUBJECT_NAMES[subject],
    points: points.map(({x, means}) => [x, means[subject]?.[metric]?.value ?? NaN] as const),
  }));
  return chartSvg({title: `${metric} by ${what}`, xLabel, series});
}

function curveSection(result: EvalResult, summary: Summary): string[] {
  const {frames, protocol} = result;
  const times = {what: 't', xLabel: 't', slices: byTime(frames), xOf: ({t}: FrameResult) => t};
  const motions = {
    what: 'motion',
    xLabel: 'mean motion between the inputs, pixels',
    slices: byMotion(frames, BINS),
    xOf: ({motion}: FrameResult) => motion,
  };
  const charts = protocol.metrics.flatMap(metric =>
    [times, motions].map(by => curve(result, summary, metric, by)),
  );
  return charts.some(chart => chart !== '')
    ? titled('Curves', [`<div class="charts">${charts.join('')}</div>`])
    : [];
}

const figure = (name: string, uri: string, caption: string) =>
  `<figure><img data-name="${name}" src="${escapeHtml(uri)}" alt="${escapeHtml(caption)}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`;

/** Two pictures of an article over each other; the script gives them what the figures show. */
const slider = (left: string, right: string) =>
  [
    `<div class="compare" hidden><div class="stack"><img data-of="${left}" alt="${left}"><img data-of="${right}" alt="${right}"></div>`,
    `<input type="range" min="0" max="100" value="50" aria-label="${left} left of the line, ${right} right of it">`,
    `<div class="ends"><span>${left}</span><span>${right}</span></div></div>`,
  ].join('');

function picturesOf(pictures: FramePictures): string {
  const {img0, gt, prediction, against, error, errorGain, flow} = pictures;
  return [
    '<div class="pictures">',
    figure('img0', img0, 'img0'),
    figure('gt', gt, 'gt'),
    figure('prediction', prediction, 'prediction'),
    ...(against === undefined ? [] : [figure('against', against, 'against')]),
    figure('error', error, `error x${errorGain}`),
    ...(flow ? [figure('flow', flow.uri, `flow to img0, full colour at ${motionText(flow.pixels)} px`)] : []),
    '</div>',
    slider('prediction', 'gt'),
    ...(against === undefined ? [] : [slider('prediction', 'against')]),
  ].join('\n');
}

function frameArticle(
  frame: FrameResult,
  {subjects, metrics}: Summary,
  pictures: FramePictures | undefined,
): string {
  const {target, pair, t, motion, scores} = frame;
  const rows = subjects.map(subject => [
    SUBJECT_NAMES[subject],
    ...metrics.map(metric => scoreText(metric, scores[subject]?.[metric])),
  ]);
  return [
    `<article><h3>${escapeHtml(target)}</h3>`,
    paragraph(`pair ${pair}, t ${timeText(t)}, motion ${motionText(motion)} px`),
    htmlTable({head: ['', ...metrics], rows, left: 1}),
    ...(pictures ? [picturesOf(pictures)] : []),
    '</article>',
  ].join('\n');
}

function frameSections(result: EvalResult, summary: Summary, pictures: readonly FramePictures[]): string[] {
  const {worst, best} = extremeFrames(result);
  const [metric] = result.protocol.metrics;
  const articles = (frames: readonly FrameResult[]) =>
    frames.map(frame =>
      frameArticle(
        frame,
        summary,
        pictures.find(({target}) => target === frame.target),
      ),
    );
  return [
    ...titled(`Worst frames by ${metric}`, articles(worst)),
    ...titled(`Best frames by ${metric}`, articles(best)),
  ];
}

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');

function identitySection({identity, protocol}: EvalResult): string[] {
  const {command, version, set, root, files, network, against, options, machine} = identity;
  const facts: [string, string][] = [
    ['rife-train', version],
    ['set', set],
    ['root', root],
    ['frames and lists', `sha256 ${files}`],
    ['protocol', protocol.name],
    ['network', `${network.file}, sha256 ${network.sha256}`],
    ...(against ? [['against', `${against.file}, sha256 ${against.sha256}`] as [string, string]] : []),
    ...Object.entries(options).map(([name, value]): [string, string] => [name, textOf(value)]),
    ...Object.entries(machine),
  ];
  const list = facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`);
  return titled('To do it again', [`<pre>${escapeHtml(command)}</pre>`, `<dl>${list.join('')}</dl>`]);
}

/**
 * A complete page, with the numbers of result.json in it.
 * @param pictures of the frames of {@link extremeFrames}; a frame without is listed with its scores
 */
export function reportPage(result: EvalResult, summary: Summary, pictures: readonly FramePictures[]): string {
  const {title, protocol} = result;
  return htmlPage(`${title}, protocol ${protocol.name}`, [
    ...headSection(result, summary),
    ...meanSections(summary),
    ...differenceSection(result, summary),
    ...publishedSection(result, summary),
    ...curveSection(result, summary),
    ...frameSections(result, summary, pictures),
    ...identitySection(result),
    paragraph(`Cost: ${costText(result)}`),
    jsonScript(resultJson(result, summary)),
  ]);
}

/** Tables of README and docs/performance.md, from the results of a run. */
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {markdownTable, renewed} from '../lib/page.mjs';
import {gib, number} from './table.mjs';

const page = relative => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

const isPrediction = ({case: name}) => name.includes('@');

function title({case: name}) {
  const [network, size] = name.split('@');
  if (size === undefined) return name.replace('x', ' x ');
  return `${network === 'IFNet' ? network : `RIFE ${network}`}, ${size.replace('x', ' x ')}`;
}

const ratio = value => (value === undefined ? '-' : `**${value.toFixed(2)}**`);

/** Milliseconds, ratios and memory of cases. */
export function speedTable(cases, what) {
  const head = [
    what,
    'fp32',
    'PyTorch nchw / channels_last',
    'ratio',
    'bf16',
    'PyTorch bf16',
    'ratio',
    'peak RSS, GiB',
    "PyTorch's",
  ];
  const rows = cases.map(entry => {
    const {
      captured,
      bf16,
      'torch-nchw': nchw,
      'torch-channels_last': last,
      'torch-bf16': half,
    } = entry.variants;
    return [
      title(entry),
      number(captured?.medianMs),
      `${number(nchw?.medianMs)} / ${number(last?.medianMs)}`,
      ratio(entry.ratios.capturedToBestTorch),
      number(bf16?.medianMs),
      number(half?.medianMs),
      ratio(entry.ratios.bf16ToTorch),
      gib(captured?.peakRssBytes),
      `${gib(nchw?.peakRssBytes)} / ${gib(last?.peakRssBytes)}`,
    ];
  });
  return markdownTable(head, rows);
}

/** The smallest and the largest ratio: `0.66 to 0.71`. */
export function range(cases) {
  const values = cases.map(({ratios}) => ratios.capturedToBestTorch).filter(value => value !== undefined);
  return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
}

function machineLine({machine, torch, settings}) {
  const {cores, cpu, instructions = [], node, load1} = machine;
  const line =
    `${cores} cores of ${cpu} (${instructions.join(', ') || 'instructions unknown'}), Node ${node}, PyTorch ${torch}; ` +
    `medians of ${settings.rounds} rounds of ${settings.steps}; load ${load1.toFixed(2)} at the start; ` +
    `${machine.date.slice(0, 10)}, commit ${machine.commit}.`;
  return line.replace(/(.{1,120})(?: |$)/g, '$1\n').trimEnd();
}

const renew = (content, name, text) => renewed(content, name, text, 'bench/step/run.mjs');

/** Writes the tables into README and docs/performance.md. */
export function renewPages(result) {
  const [training, predictions] = [
    result.cases.filter(entry => !isPrediction(entry)),
    result.cases.filter(isPrediction),
  ];
  const parts = {
    'docs/performance.md': {
      machine: `\n${machineLine(result)}\n`,
      training: `\n${speedTable(training, 'batch x crop')}\n`,
      predictions: `\n${speedTable(predictions, 'one frame')}\n`,
    },
    'README.md': {ratio: range(training)},
  };
  for (const [file, texts] of Object.entries(parts)) {
    let content = readFileSync(page(file), 'utf8');
    for (const [name, text] of Object.entries(texts)) content = renew(content, name, text);
    writeFileSync(page(file), content);
  }
}

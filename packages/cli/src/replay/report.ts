import {
  describeExamination,
  describeFinding,
  describeUpdate,
  type Examination,
  type Origins,
  type Replay,
} from '@rife-train/core';

/** Six digits; JSON has what is not finite as text. Large numbers without their zeros. */
function figure(value: number | string): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e7 || (size > 0 && size < 1e-4)
    ? value.toExponential(5)
    : String(Number(value.toPrecision(6)));
}
/**
 * Rows in columns as wide as their widest cell, two blanks apart: a gradient norm may have 30
 * digits.
 */
function columns(rows: readonly (readonly [name: string, before: string, now: string])[]): string[] {
  const widths = [0, 1, 2].map(i => Math.max(...rows.map(row => row[i]!.length)));
  return rows.map(
    ([name, before, now]) =>
      `  ${name.padEnd(widths[0]!)}  ${before.padStart(widths[1]!)}  ${now.padStart(widths[2]!)}`,
  );
}

function named(title: string, values: Readonly<Record<string, number>>): string[] {
  const parts = Object.entries(values).map(([name, value]) => `${name} ${figure(value)}`);
  return parts.length > 0 ? [`${title}: ${parts.join(', ')}`] : [];
}

/** Several ops of one place are one line, as the first of them already is one. */
function others({first, others: rest}: Origins): string[] {
  const shown = first ? [describeFinding(first)] : [];
  const more = new Set(rest.map(describeFinding));
  return [...more].filter(text => !shown.includes(text)).map(text => `  it comes from here, too: ${text}`);
}

function examinationLines(examination: Examination): string[] {
  const {gradNorms, flows, update} = examination;
  const updated = describeUpdate(examination);
  const lines = [
    `Op by op: ${describeExamination(examination)}`,
    ...others(examination),
    ...(updated === undefined ? [] : [`The update, op by op: ${updated}`]),
    ...(update ? others(update) : []),
    ...named('Gradient norms by part', gradNorms),
    ...named('Largest |flow| by block, px', flows),
  ];
  return [...new Set(lines)];
}

/**
 * Is it the recorded step again? A loss that is NaN in both shows nothing, so finite numbers are
 * counted.
 */
function sameness({record, loss, isSame, differences, finite}: Replay): string[] {
  const rest = isSame
    ? 'So are its terms, the gradient norm and the largest |flow|.'
    : `Not as recorded: ${differences.join(', ')}.`;
  if (differences.includes('loss')) return [`The loss is not the recorded one. ${rest}`];
  const lines = [`The loss is the recorded one, bit for bit. ${rest}`];
  if (Number.isFinite(loss)) return lines;
  const counted =
    finite.recorded === 0
      ? 'none of the recorded numbers is finite, so nothing is shown by it'
      : `of the ${finite.recorded} recorded numbers that are finite, ${finite.same} came out again`;
  return [...lines, `By itself a loss of ${figure(record.loss)} in both shows nothing: ${counted}.`];
}

/** Terms of the record, and those of the replay. */
const namesOf = (before: object, now: object) => [...new Set([...Object.keys(before), ...Object.keys(now)])];

/** Lines of the report: what was recorded, what comes out now, and where it comes from. */
export function replayLines(replay: Replay): string[] {
  const {record, loss, terms, gradNorm, maxFlow, isFinite, examination} = replay;
  const samples = record.batches.flatMap(({names, gap, timestep}) =>
    names.map((name, i) => `  ${name}  gap ${gap[i]}, timestep ${timestep[i]}`),
  );
  return [
    `Step ${record.step} of ${record.steps}, ${record.kind}: ${record.reason}`,
    ...replay.changes.map(change => `warning: the configuration differs from the record's: ${change}`),
    ...new Set(samples),
    ...columns([
      ['', 'recorded', 'now'],
      ['loss', figure(record.loss), figure(loss)],
      ...namesOf(record.terms, terms).map(
        name => [name, figure(record.terms[name] ?? '-'), figure(terms[name] ?? '-')] as const,
      ),
      ['gradient norm', figure(record.gradNorm), figure(gradNorm)],
      ['largest |flow|, px', figure(record.maxFlow), figure(maxFlow)],
    ]),
    ...sameness(replay),
    `Now the step is ${isFinite ? 'finite' : 'not finite'}.`,
    ...(examination ? examinationLines(examination) : []),
  ];
}

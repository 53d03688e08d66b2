import {
  describeExamination,
  describeFinding,
  describeUpdate,
  type Examination,
  type Origins,
  type Replay,
} from '@rife-train/core';

const figure = (value: number | string) =>
  typeof value === 'number' && Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
const row = (name: string, before: number | string, now: number) =>
  `  ${name.padEnd(24)}${figure(before).padStart(14)}${figure(now).padStart(14)}`;

function named(title: string, values: Readonly<Record<string, number>>): string[] {
  const parts = Object.entries(values).map(([name, value]) => `${name} ${figure(value)}`);
  return parts.length > 0 ? [`${title}: ${parts.join(', ')}`] : [];
}

const others = (origins: Origins) =>
  origins.others.map(finding => `  it comes from here, too: ${describeFinding(finding)}`);

function examinationLines(examination: Examination): string[] {
  const {gradNorms, flows, update} = examination;
  const updated = describeUpdate(examination);
  return [
    `Op by op: ${describeExamination(examination)}`,
    ...others(examination),
    ...(updated === undefined ? [] : [`The update, op by op: ${updated}`]),
    ...(update ? others(update) : []),
    ...named('Gradient norms by part', gradNorms),
    ...named('Largest |flow| by block, px', flows),
  ];
}

/** Is it the recorded step again? A loss that is NaN in both says nothing, so what is finite is counted. */
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

/** Lines of the report: what was recorded, what comes out now, and where it comes from. */
export function replayLines(replay: Replay): string[] {
  const {record, loss, terms, gradNorm, maxFlow, isFinite, examination} = replay;
  const samples = record.batches.flatMap(({names, gap, timestep}) =>
    names.map((name, i) => `  ${name}  gap ${gap[i]}, timestep ${timestep[i]}`),
  );
  return [
    `Step ${record.step} of ${record.steps}, ${record.kind}: ${record.reason}`,
    ...samples,
    `  ${''.padEnd(24)}${'recorded'.padStart(14)}${'now'.padStart(14)}`,
    row('loss', record.loss, loss),
    ...Object.entries(terms).map(([name, value]) => row(name, record.terms[name] ?? '-', value)),
    row('gradient norm', record.gradNorm, gradNorm),
    row('largest |flow|, px', record.maxFlow, maxFlow),
    ...sameness(replay),
    `Now the step is ${isFinite ? 'finite' : 'not finite'}.`,
    ...(examination ? examinationLines(examination) : []),
  ];
}

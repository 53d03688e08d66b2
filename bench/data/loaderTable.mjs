/** Summarises the rounds of bench/data/loader.mjs as Markdown. */
const row = cells => `| ${cells.join(' | ')} |`;
const times = ratio => `${ratio.toFixed(ratio < 10 ? 1 : 0)}x`;

/** Packed clips are compared with PyTorch on the frames from which they were packed. */
export function loaderTable(rows, missing) {
  const lines = rows.map(({name, against, ours, theirs}) => {
    const other = theirs ?? rows.find(candidate => candidate.name === against)?.theirs;
    return row([
      name,
      ours.tripletsPerSecond.toFixed(1),
      other ? `${other.tripletsPerSecond.toFixed(1)}${theirs ? '' : ` (${against})`}` : '-',
      other ? times(ours.tripletsPerSecond / other.tripletsPerSecond) : '-',
      ours.cpuMsPerTriplet.toFixed(1),
      other ? other.cpuMsPerTriplet.toFixed(1) : '-',
    ]);
  });
  const head = [
    'clips as',
    'triplets/s',
    'DataLoader + cv2',
    'ratio',
    'processor, ms a triplet',
    'of DataLoader + cv2',
  ];
  const text = [row(head), row(head.map(() => '---')), ...lines].join('\n');
  return missing ? `${text}\n\nWithout PyTorch: ${missing}` : text;
}

/** Milliseconds per triplet in one thread, by stage. */
export function stageTable(parts) {
  const names = [...new Set(parts.flatMap(({stages}) => Object.keys(stages)))];
  const lines = parts.map(({name, stages}) =>
    row([name, ...names.map(stage => (stages[stage] === undefined ? '-' : stages[stage].toFixed(2)))]),
  );
  return [row(['ms a triplet', ...names]), row(['---', ...names.map(() => '---')]), ...lines].join('\n');
}

/** The epoch that fills the cache: measured on few clips, and computed for X-TRAIN. */
export function epochTable(epochs, rows) {
  const head = [
    'first epoch',
    's a copy',
    'direct, measured',
    'filling, measured',
    'X-TRAIN, direct',
    'X-TRAIN, filling, computed',
    'ratio',
    'to DataLoader + cv2',
  ];
  const lines = epochs.map(({name, against, fillMs, measured, computed}) => {
    const source = rows.find(candidate => candidate.name === against);
    const direct = source.ours.tripletsPerSecond;
    return row([
      name,
      (fillMs / 1000).toFixed(2),
      measured.direct.toFixed(1),
      `${measured.filling.toFixed(1)} (${times(measured.filling / measured.direct)})`,
      direct.toFixed(1),
      computed.toFixed(1),
      times(computed / direct),
      source.theirs ? times(computed / source.theirs.tripletsPerSecond) : '-',
    ]);
  });
  return [row(head), row(head.map(() => '---')), ...lines].join('\n');
}

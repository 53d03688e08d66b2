/** Summarises the rounds of bench/data/pack.mjs. */

/** The best round, of each quantity. */
export function best(rounds) {
  return {
    tripletsPerSecond: Math.max(...rounds.map(r => r.tripletsPerSecond)),
    cpuMsPerTriplet: Math.min(...rounds.map(r => r.cpuMsPerTriplet)),
  };
}

/** Mean share of a frame's tiles that a crop at a random place touches; all sides in pixels. */
export function readShare(side, crop, tile) {
  let touched = 0;
  const places = side - crop + 1;
  for (let at = 0; at < places; at++)
    touched += Math.floor((at + crop - 1) / tile) - Math.floor(at / tile) + 1;
  return (touched / places / Math.ceil(side / tile)) ** 2;
}

/** A Markdown table; ratios are to the first variant of the same run. */
export function table({variants, threads, scanSecondsOf4408}) {
  const [first] = variants;
  const times = ratio => `${ratio.toFixed(ratio < 10 ? 1 : 0)}x`;
  const head = [
    'clips as',
    'size, of raw',
    'of PNG',
    'MB read a triplet',
    ...threads.map(n => `triplets/s, ${n} thread${n > 1 ? 's' : ''}`),
    'processor, ms a triplet',
  ];
  const rows = variants.map(variant => [
    variant.name,
    `${(100 * variant.shareOfRaw).toFixed(0)} %`,
    `${(100 * (variant.bytes / first.bytes)).toFixed(0)} %`,
    variant.readMbPerTriplet.toFixed(1),
    ...threads.map(n => {
      const of = v => v.runs.find(r => r.threads === n).tripletsPerSecond;
      return `${of(variant).toFixed(1)} (${times(of(variant) / of(first))})`;
    }),
    (() => {
      const of = v => v.runs.find(r => r.threads === threads[0]).cpuMsPerTriplet;
      return `${of(variant).toFixed(1)} (${times(of(first) / of(variant))})`;
    })(),
  ]);
  const line = cells => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
    '',
    `Scan of 4,408 packed clips: ${scanSecondsOf4408.toFixed(1)} s.`,
  ].join('\n');
}

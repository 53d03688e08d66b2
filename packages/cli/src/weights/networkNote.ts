/** The network of a weights file, in words, where it is none of the paper's networks. */
import {byModule, deduceOptions, printable, someOf, type WeightTensor} from '@rife-train/model/weights';

type Tensors = ReadonlyMap<string, Pick<WeightTensor, 'shape'>>;

/** Layers that only some releases of RIFE have, by their names; the first that fits counts. */
const RELEASES: readonly [all: readonly RegExp[], text: string][] = [
  [
    [/^block\d\.convblock\.\d\.beta$/, /^encode\./],
    'practical RIFE v4.7 or later: blocks with a residual scale "beta", and an encoder',
  ],
  [[/^block\d\.convblock\.\d\.beta$/], 'practical RIFE v4.5 or v4.6: blocks with a residual scale "beta"'],
  [
    [/^block\d\.convblock0\./, /^block\d\.conv2\./],
    'practical RIFE v3: blocks with two outputs, conv1 and conv2',
  ],
  [[/^block\d\.convblock0\./], 'practical RIFE v2: blocks of convblock0, convblock1 ...'],
  [
    [/^block3\.convblock\.\d\.0\.weight$/, /^block3\.lastconv\.weight$/],
    'practical RIFE v4.0 to v4.4: four blocks that are narrower than those of the paper',
  ],
];

/**
 * One line when the names are of a release of RIFE, and what to write for it where it is trained
 * here; none for IFNet and IFNet_m, and for files that are nothing of RIFE.
 */
export function networkNote(tensors: Tensors): string[] {
  const names = [...tensors.keys()];
  const has = (pattern: RegExp) => names.some(name => pattern.test(name));
  const options = deduceOptions(tensors);
  if (options?.name === 'RIFE4')
    return [`it is of RIFE ${options.version}: model: {name: 'RIFE4', version: '${options.version}'}`];
  // Five blocks of the paper's network have a teacher beside them; the practical releases have
  // none.
  if (has(/^block_tea\./)) return [];
  const found = RELEASES.find(([all]) => all.every(has));
  return found ? [`it looks like ${found[1]}`] : [];
}

/** The probable content of a file, as a sentence without its full stop. */
export function seemsText(tensors: Tensors): string {
  const [note] = networkNote(tensors);
  const modules = [...byModule(tensors.keys(), name => name)].map(
    ([module, own]) => `${printable(module)} (${own.length})`,
  );
  const options = deduceOptions(tensors);
  const network = options ? `its blocks have widths ${options.widths?.join(', ')}` : 'it has no name of RIFE';
  return `The file has ${tensors.size} tensors: ${someOf(modules, 8)}; ${note ?? network}`;
}

/**
 * Damaged weights files of every format, and what becomes of them. Most are damaged in the pickle,
 * inside a valid archive: otherwise the checksums would hide all later errors.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {SAFETENSORS_BYTES} from '@rife-train/files';
import {decodeWeights} from '../../readWeights.js';
import {toFloat32} from '../../toFloat32.js';
import type {WeightTensor, WeightsFile, WeightsFormat} from '../../types.js';
import {encodeWeights} from '../../writeWeights.js';
import {SIX, torchEntries, torchLegacy, torchZip, zip} from './archives.js';
import {
  asm,
  call,
  dict,
  global,
  int,
  oneTensor,
  orderedDict,
  pickle,
  tensor,
  text,
  u64,
} from './assembler.js';
import {mutate, pick, seededRandom, type Random} from './mutate.js';

interface Kind {
  name: string;
  /** Relative frequency. */
  weight: number;
  make(random: Random): Buffer;
}

const float = (n: number): WeightTensor => ({
  dtype: 'F32',
  shape: [n, 2],
  bytes: new Uint8Array(8 * n).fill(n),
});
const TENSORS = new Map([
  ['block0.conv0.0.0.weight', float(3)],
  ['block0.conv0.0.0.bias', float(1)],
  ['unet.conv.weight', {...float(2), shape: [2, 1, 2, 1]}],
]);
const written = (format: WeightsFormat) => Buffer.concat([...encodeWeights('x', TENSORS, {format})]);
const sample = (name: string) => readFileSync(join(__dirname, '../fixtures', name));

const parameter = call(global('torch._utils', '_rebuild_parameter'), tensor(), '\x88', orderedDict);
const checkpoint = dict(
  [text('epoch'), int(3)],
  [text('model'), dict([text('w'), tensor()])],
  [text('note'), 'N'],
);
/** Valid pickles of all shapes that are read. */
const PICKLES = [
  oneTensor(),
  oneTensor({shape: [3, 2], strides: [1, 3]}),
  oneTensor({shape: [4], strides: [0], offset: 5, location: 'cuda:0'}),
  pickle(checkpoint),
  pickle(
    orderedDict,
    '(',
    text('module.w'),
    tensor(),
    text('module.b'),
    parameter,
    'u}',
    text('_metadata'),
    orderedDict,
    'sb',
  ),
];
const HEADER = (() => {
  const content = written('safetensors');
  const end = 8 + Number(content.readBigUInt64LE());
  return {text: content.subarray(8, end), data: content.subarray(end)};
})();
const deflated = (data: Uint8Array) => zip(torchEntries(data).map(entry => ({...entry, deflated: true})));
const WHOLE: Record<string, Buffer[]> = {
  'zip, stored': [written('zip'), torchZip(PICKLES[0]!), sample('sample_zip.pkl')],
  'zip, deflated': PICKLES.map(deflated),
  'zip64, sizes after': PICKLES.map(data => zip(torchEntries(data), {zip64: true, descriptors: true})),
  legacy: [written('legacy'), ...PICKLES.map(data => torchLegacy(data)), sample('sample_legacy.pkl')],
  safetensors: [written('safetensors')],
};

const damagedPickle = (random: Random) => mutate(pick(random, PICKLES), random, PICKLES);

const ODD_NUMBERS = [0, 1, 1, 2, 2, 3, 3, 6, 7, -1, 2 ** 31, 2 ** 53 - 1, 2n ** 53n, 2n ** 62n, -(2n ** 63n)];

/** A valid pickle of an invalid tensor. */
function oddView(random: Random): Buffer {
  const odd = () => pick(random, ODD_NUMBERS);
  const axes = random(4);
  return oneTensor({
    storage: pick(random, ['FloatStorage', 'FloatStorage', 'DoubleStorage', 'ByteStorage', 'HalfStorage']),
    key: pick(random, ['0', '0', '0', '1', '../0', '']),
    length: random(3) > 0 ? 6 : odd(),
    offset: random(2) > 0 ? 0 : odd(),
    shape: Array.from({length: axes}, odd),
    strides: Array.from({length: random(9) > 0 ? axes : random(10)}, odd),
  });
}

/** Operations that make sense one by one. */
const OPERATIONS = [
  ...'((ttNN]}}aeesuulddRb02'.split('').map(sign => asm(sign)),
  ...['\x85', '\x86', '\x87', '\x88', '\x94', 'q\x00', 'h\x00', 'q\x01', 'h\x01', ')R', 'Q'].map(signs =>
    asm(signs),
  ),
  ...['w', 'storage', 'module.b', 'state_dict', '__proto__'].map(text),
  ...[0, 3, -1].map(int),
  ...[tensor(), tensor({shape: [6], strides: [1]}), parameter, orderedDict, dict([text('w'), tensor()])],
  global('torch', 'FloatStorage'),
  global('torch._utils', '_rebuild_tensor_v2'),
];

const randomOperations = (random: Random): Buffer =>
  pickle(...Array.from({length: 1 + random(40)}, () => pick(random, OPERATIONS)), random(2) ? 'd' : '');

const KINDS: Kind[] = [
  ...Object.entries(WHOLE).map(([name, files]) => ({
    name: `${name}: the file`,
    weight: 1,
    make: (random: Random) => mutate(pick(random, files), random, files),
  })),
  {name: 'zip: the pickle', weight: 4, make: random => torchZip(damagedPickle(random))},
  {name: 'zip: sizes and strides', weight: 2, make: random => torchZip(oddView(random))},
  {name: 'legacy: sizes and strides', weight: 1, make: random => torchLegacy(oddView(random))},
  {name: 'zip: operations at random', weight: 2, make: random => torchZip(randomOperations(random))},
  {name: 'zip, deflated: the pickle', weight: 1, make: random => deflated(damagedPickle(random))},
  {name: 'legacy: the pickle', weight: 2, make: random => torchLegacy(damagedPickle(random))},
  {
    name: 'zip: the storage',
    weight: 1,
    make: random => torchZip(pick(random, PICKLES), {'0': mutate(SIX, random, [SIX])}),
  },
  {
    name: 'zip: the directory',
    weight: 1,
    make(random) {
      const file = pick(random, [...WHOLE['zip, deflated']!, ...WHOLE['zip64, sizes after']!]);
      const at = file.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
      return Buffer.concat([file.subarray(0, at), mutate(file.subarray(at), random, [file])]);
    },
  },
  {
    name: 'safetensors: the header',
    weight: 2,
    make(random) {
      const header = mutate(HEADER.text, random, [HEADER.text]);
      return asm(u64(BigInt(header.length)), header, HEADER.data);
    },
  },
];
const DRAWN = KINDS.flatMap(kind => Array.from({length: kind.weight}, () => kind));

/** What is decoded must be complete. */
function checkFile({tensors}: WeightsFile): void {
  if (tensors.size === 0) throw new Error('no tensors');
  for (const tensor of tensors.values()) {
    const expected = tensor.shape.reduce((n, side) => n * side, 1) * SAFETENSORS_BYTES[tensor.dtype];
    if (tensor.bytes.length !== expected) throw new Error(`${tensor.bytes.length} bytes, not ${expected}`);
    if (/^B?F/.test(tensor.dtype)) toFloat32(tensor);
  }
}

function outcomeOf(content: Buffer): string {
  let file: WeightsFile;
  try {
    file = decodeWeights(content, 'fuzzed');
  } catch (error) {
    const {code} = error as {code?: unknown};
    // Anything else, such as a RangeError, is what this test looks for.
    if (typeof code === 'string' && /^RIFE_ERR_(WEIGHTS_|SAFETENSORS$)/.test(code)) return code;
    throw error;
  }
  // A damaged safetensors header may be a valid one without tensors.
  if (file.format !== 'safetensors' || file.tensors.size > 0) checkFile(file);
  return 'decoded';
}

export interface FuzzReport {
  /** Counts by kind, then by outcome. */
  counts: Record<string, Record<string, number>>;
  /** Processor time, so that other work on the machine does not count. */
  slowestMs: number;
  /** How far the process's peak memory rose. */
  peakGrowthBytes: number;
}

const peakBytes = () => process.resourceUsage().maxRSS * 1024;

/**
 * Decodes `count` damaged files.
 * @throws Error with kind and number of the first file that is neither decoded completely nor
 *   refused with a code
 */
export function fuzz(seed: number, count: number): FuzzReport {
  const report: FuzzReport = {counts: {}, slowestMs: 0, peakGrowthBytes: 0};
  const peak = peakBytes();
  for (let i = 0; i < count; i++) {
    const random = seededRandom(seed * 1_000_003 + i);
    const kind = pick(random, DRAWN);
    const content = kind.make(random);
    const start = process.cpuUsage();
    let outcome: string;
    try {
      outcome = outcomeOf(content);
    } catch (cause) {
      throw new Error(`file ${i} of seed ${seed} (${kind.name}): ${String(cause)}`, {cause});
    }
    const {user, system} = process.cpuUsage(start);
    report.slowestMs = Math.max(report.slowestMs, (user + system) / 1000);
    const counts = (report.counts[kind.name] ??= {});
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  report.peakGrowthBytes = peakBytes() - peak;
  return report;
}

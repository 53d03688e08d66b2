/**
 * The pickle of a state_dict, protocol 2, as torch.save writes it: one OrderedDict of
 * `_rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict())`. Its bytes depend only on
 * the tensors.
 */
import {elementCount} from '@rife-train/files';
import type {WeightsDtype} from '../types.js';

/** A tensor to describe; its storage holds nothing else. */
export interface StoredTensor {
  name: string;
  /** Key of the storage. */
  key: string;
  dtype: WeightsDtype;
  shape: readonly number[];
}

const STORAGE_CLASS: Readonly<Record<WeightsDtype, string>> = {
  F64: 'DoubleStorage',
  F32: 'FloatStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  I64: 'LongStorage',
  I32: 'IntStorage',
  I16: 'ShortStorage',
  I8: 'CharStorage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
};

/** Strides of a contiguous tensor; PyTorch counts an empty side as 1. */
export function contiguousStrides(shape: readonly number[]): number[] {
  let stride = 1;
  const reversed = [...shape].reverse().map(side => {
    const own = stride;
    stride *= Math.max(1, side);
    return own;
  });
  return reversed.reverse();
}

class PickleWriter {
  private readonly chunks: Buffer[] = [Buffer.of(0x80, 2)];
  private readonly memo = new Map<string, number>();

  /** Opcodes without an argument. */
  signs(text: string): void {
    this.chunks.push(Buffer.from(text, 'latin1'));
  }

  integer(value: number): void {
    if (value >= 0 && value < 2 ** 31) return this.shortInteger(value);
    const bytes = Buffer.alloc(10);
    bytes.writeUInt8(0x8a, 0);
    bytes.writeUInt8(8, 1);
    bytes.writeBigInt64LE(BigInt(value), 2);
    this.chunks.push(bytes);
  }

  private shortInteger(value: number): void {
    const bytes = Buffer.alloc(5);
    const [sign, length] = value < 256 ? ['K', 1] : value < 65_536 ? ['M', 2] : ['J', 4];
    bytes.write(sign, 'latin1');
    bytes.writeUInt32LE(value, 1);
    this.chunks.push(bytes.subarray(0, 1 + length));
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    const head = Buffer.alloc(5, 'X');
    head.writeUInt32LE(bytes.length, 1);
    this.chunks.push(head, bytes);
  }

  /** Strings that occur repeatedly. */
  sharedText(value: string): void {
    this.shared(`text ${value}`, () => this.text(value));
  }

  global(module: string, name: string): void {
    this.shared(`class ${module} ${name}`, () => this.signs(`c${module}\n${name}\n`));
  }

  integers(values: readonly number[]): void {
    this.signs('(');
    for (const value of values) this.integer(value);
    this.signs('t');
  }

  private shared(key: string, write: () => void): void {
    const known = this.memo.get(key);
    if (known !== undefined) return void this.chunks.push(Buffer.of(0x68, known));
    write();
    this.chunks.push(Buffer.of(0x71, this.memo.size));
    this.memo.set(key, this.memo.size);
  }

  finish(): Buffer {
    this.signs('.');
    return Buffer.concat(this.chunks);
  }
}

function emptyOrderedDict(pickle: PickleWriter): void {
  pickle.global('collections', 'OrderedDict');
  pickle.signs(')R');
}

/**
 * A persistent id. The legacy format has a sixth item: the storage of which it is a view, here
 * none.
 */
function storage(pickle: PickleWriter, {key, dtype, shape}: StoredTensor, legacy: boolean): void {
  pickle.signs('(');
  pickle.sharedText('storage');
  pickle.global('torch', STORAGE_CLASS[dtype]);
  pickle.text(key);
  pickle.sharedText('cpu');
  pickle.integer(elementCount(shape));
  pickle.signs(legacy ? 'NtQ' : 'tQ');
}

function tensor(pickle: PickleWriter, stored: StoredTensor, legacy: boolean): void {
  pickle.global('torch._utils', '_rebuild_tensor_v2');
  pickle.signs('(');
  storage(pickle, stored, legacy);
  pickle.integer(0);
  pickle.integers(stored.shape);
  pickle.integers(contiguousStrides(stored.shape));
  pickle.signs('\x89');
  emptyOrderedDict(pickle);
  pickle.signs('tR');
}

/** The pickle of an OrderedDict of tensors. */
export function pickleStateDict(tensors: readonly StoredTensor[], {legacy}: {legacy: boolean}): Buffer {
  const pickle = new PickleWriter();
  emptyOrderedDict(pickle);
  pickle.signs('(');
  for (const stored of tensors) {
    pickle.text(stored.name);
    tensor(pickle, stored, legacy);
  }
  pickle.signs('u');
  return pickle.finish();
}

/** The pickle of a list of strings. */
export function pickleTexts(texts: readonly string[]): Buffer {
  const pickle = new PickleWriter();
  pickle.signs('](');
  for (const text of texts) pickle.text(text);
  pickle.signs('e');
  return pickle.finish();
}

/** The pickle of a dict of integers and booleans. */
export function pickleFacts(facts: Readonly<Record<string, number | boolean>>): Buffer {
  const pickle = new PickleWriter();
  pickle.signs('}(');
  for (const [name, value] of Object.entries(facts)) {
    pickle.text(name);
    if (typeof value === 'number') pickle.integer(value);
    else pickle.signs(value ? '\x88' : '\x89');
  }
  pickle.signs('u');
  return pickle.finish();
}

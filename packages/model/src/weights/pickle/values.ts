/**
 * Objects that a pickle can create here: plain data, and inert descriptions of storages and
 * tensors. Nothing refers to Python or JavaScript code. Values may be shared and may contain
 * themselves, so no caller may traverse them without a limit.
 */
import type {WeightsDtype} from '../types.js';

export class PyTuple {
  constructor(readonly items: readonly PyValue[]) {}
}

export class PyList {
  readonly items: PyValue[] = [];
}

/** A dict or an OrderedDict; keys that are objects count by identity. */
export class PyDict {
  readonly entries = new Map<PyValue, PyValue>();
}

/** One of the few classes and functions that a pickle may name. */
export class PyGlobal {
  constructor(
    readonly name: string,
    /** Element type of a storage class. */
    readonly dtype?: WeightsDtype,
  ) {}
}

/** A contiguous range of elements in the file, or a part of one. */
export class PyStorage {
  constructor(
    readonly key: string,
    readonly dtype: WeightsDtype,
    /** Elements of the whole storage. */
    readonly length: number,
    /** The selected part: its first element, and the number of elements. */
    readonly viewOffset: number,
    readonly viewLength: number,
  ) {}
}

/** A view of a storage; offset, sizes and strides are in elements, and only known to be numbers. */
export class PyTensor {
  constructor(
    readonly storage: PyStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyTuple
  | PyList
  | PyDict
  | PyGlobal
  | PyStorage
  | PyTensor;

/** Describes a value without looking into it. */
export function describe(value: PyValue): string {
  if (value === null) return 'None';
  if (value instanceof PyTuple) return `a tuple of ${value.items.length}`;
  if (value instanceof PyList) return `a list of ${value.items.length}`;
  if (value instanceof PyDict) return `a dict of ${value.entries.size}`;
  if (value instanceof PyGlobal) return value.name;
  if (value instanceof PyStorage) return 'a storage';
  if (value instanceof PyTensor) return 'a tensor';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'string' ? 'a string' : `a ${typeof value}`;
}

/**
 * The allow-list. A pickle is a program: it names functions and calls them. A state_dict needs only
 * these names. Each is implemented by a few lines here; every other name is refused where it
 * appears, before it could be called.
 * Source: torch/_utils.py, torch/serialization.py (persistent_load) and
 * torch/_weights_only_unpickler.py.
 */
import {showName, weightsDtypeError, weightsGlobalError} from '@rife-train/errors';
import {MAX_AXES} from '../limits.js';
import type {WeightsDtype} from '../types.js';
import {describe, PyDict, PyGlobal, PyStorage, PyTensor, PyTuple, type PyValue} from './values.js';

const STORAGES: Readonly<Record<string, WeightsDtype>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};
/** Storages of PyTorch with other element types. */
const OTHER_STORAGE = /^torch\.(Complex\w+|Q\w+|Untyped)Storage$/;

type Refuse = (problem: string) => Error;
type Call = (args: readonly PyValue[], refuse: Refuse) => PyValue;

const isIndex = (value: PyValue | undefined): value is number => Number.isSafeInteger(value);

function indices(value: PyValue | undefined, what: string, refuse: Refuse): number[] {
  if (!(value instanceof PyTuple)) throw refuse(`the ${what} of a tensor are not a tuple`);
  // Checked before the items: the same long tuple could be passed to many tensors.
  if (value.items.length > MAX_AXES) throw refuse(`a tensor has ${value.items.length} ${what}`);
  if (!value.items.every(isIndex)) throw refuse(`the ${what} of a tensor are not integers`);
  return value.items as number[];
}

const rebuildTensor: Call = ([storage, offset, size, stride, , , bits], refuse) => {
  // A seventh argument marks values as negated or conjugated; real weights have none.
  if (bits instanceof PyDict ? bits.entries.size > 0 : (bits ?? null) !== null)
    throw refuse('a tensor has attributes beside its values');
  if (!(storage instanceof PyStorage)) throw refuse('a tensor has no storage');
  if (!isIndex(offset)) throw refuse('the offset of a tensor is not an integer');
  return new PyTensor(storage, offset, indices(size, 'sizes', refuse), indices(stride, 'strides', refuse));
};

const rebuildParameter: Call = ([tensor], refuse) => {
  if (tensor instanceof PyTensor) return tensor;
  throw refuse('a parameter is created without a tensor');
};

/** Called without arguments; its content is added afterwards, item by item. */
const orderedDict: Call = (args, refuse) => {
  if (args.length > 0) throw refuse('an OrderedDict is created with arguments');
  return new PyDict();
};

/** The class of parameters, of which older files of torch.save make objects. */
export const PARAMETER = 'torch.nn.parameter.Parameter';

const CALLS: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': orderedDict,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_parameter': rebuildParameter,
  [PARAMETER]: rebuildParameter,
};

/**
 * A name that is on the list.
 * @throws RIFE_ERR_WEIGHTS_GLOBAL, or RIFE_ERR_WEIGHTS_DTYPE for a storage of numbers that cannot
 *   be read
 */
export function findGlobal(file: string, module: string, name: string): PyGlobal {
  const full = `${module}.${name}`;
  if (Object.hasOwn(CALLS, full)) return new PyGlobal(full);
  if (module === 'torch' && Object.hasOwn(STORAGES, name)) return new PyGlobal(full, STORAGES[name]);
  if (OTHER_STORAGE.test(full))
    throw weightsDtypeError(
      `A tensor of ${showName(file)}`,
      full,
      `Expected one of ${Object.keys(STORAGES).join(', ')}`,
    );
  throw weightsGlobalError(file, full);
}

/** Calls one of the listed functions. */
export function callGlobal(target: PyValue, args: PyValue, refuse: Refuse): PyValue {
  if (!(target instanceof PyGlobal)) throw refuse(`${describe(target)} is called`);
  if (!(args instanceof PyTuple)) throw refuse(`${target.name} is called with ${describe(args)}`);
  const call = Object.hasOwn(CALLS, target.name) ? CALLS[target.name] : undefined;
  if (!call) throw refuse(`${target.name} is called`);
  return call(args.items, refuse);
}

function viewOf(view: PyValue | undefined, length: number, refuse: Refuse): [number, number] {
  if (view === undefined || view === null) return [0, length];
  const [, offset, size] = view instanceof PyTuple ? view.items : [];
  if (!isIndex(offset) || !isIndex(size) || offset < 0 || size < 0 || offset + size > length)
    throw refuse('a view extends outside its storage');
  return [offset, size];
}

/**
 * A persistent id: ('storage', class, key, location, elements), in the legacy format followed by a
 * view.
 */
export function storageOf(id: PyValue, refuse: Refuse): PyStorage {
  const [kind, type, key, , length, view] = id instanceof PyTuple ? id.items : [];
  if (kind !== 'storage') throw refuse('a persistent id is not that of a storage');
  if (!(type instanceof PyGlobal) || !type.dtype) throw refuse('a storage has no class');
  if (typeof key !== 'string') throw refuse('a storage has no key');
  if (!isIndex(length) || length < 0) throw refuse('a storage has no number of elements');
  return new PyStorage(key, type.dtype, length, ...viewOf(view, length, refuse));
}

/** Implements each opcode. Those that name or call classes go through the allow-list. */
import {callGlobal, findGlobal, PARAMETER, storageOf} from './globals.js';
import type {PickleMachine} from './machine.js';
import {describe, PyDict, PyGlobal, PyList, PyTensor, PyTuple, type PyValue} from './values.js';

type Operation = (machine: PickleMachine) => void;
type Reader = PickleMachine['reader'];

/** Longest integer: torch's magic number takes 10 bytes, a size 8. */
const MAX_INTEGER_BYTES = 32;

const pushed =
  (read: (reader: Reader) => PyValue): Operation =>
  machine =>
    machine.push(read(machine.reader));

const integer =
  (lengthOf: (reader: Reader) => number): Operation =>
  machine => {
    const length = lengthOf(machine.reader);
    if (length < 0 || length > MAX_INTEGER_BYTES) throw machine.refuse(`an integer has ${length} bytes`);
    machine.push(machine.reader.integer(length));
  };

/** Python 2's strings, which are bytes; torch reads them as text. */
const oldString =
  (lengthOf: (reader: Reader) => number): Operation =>
  machine => {
    const length = lengthOf(machine.reader);
    if (length < 0) throw machine.refuse(`a string has ${length} bytes`);
    machine.push(machine.reader.text(length));
  };

const bytes = (lengthOf: (reader: Reader) => number) => pushed(reader => reader.take(lengthOf(reader)));

const tuple =
  (length: number): Operation =>
  machine => {
    const items = Array.from({length}, () => machine.pop());
    machine.push(new PyTuple(items.reverse()));
  };

function listUnderTop(machine: PickleMachine): PyList {
  const list = machine.top();
  if (!(list instanceof PyList)) throw machine.refuse(`an item is put into ${describe(list)}`);
  return list;
}

function append(machine: PickleMachine, items: readonly PyValue[]): void {
  const list = listUnderTop(machine);
  for (const item of items) list.items.push(item);
}

function setItems(machine: PickleMachine, items: readonly PyValue[]): void {
  const dict = machine.top();
  if (!(dict instanceof PyDict)) throw machine.refuse(`a key is put into ${describe(dict)}`);
  if (items.length % 2 !== 0) throw machine.refuse('a key has no value');
  for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i]!, items[i + 1]!);
}

function makeDict(machine: PickleMachine): void {
  const items = machine.popMark();
  machine.push(new PyDict());
  setItems(machine, items);
}

function makeList(machine: PickleMachine): void {
  const items = machine.popMark();
  machine.push(new PyList());
  append(machine, items);
}

function setItem(machine: PickleMachine): void {
  const value = machine.pop();
  const key = machine.pop();
  setItems(machine, [key, value]);
}

/** (requires_grad, volatile, hooks): what a parameter has besides its values. */
const isParameterState = (state: PyValue) => state instanceof PyTuple && state.items.length === 3;

/**
 * Attributes of an OrderedDict (`_metadata` of a state_dict) and of a parameter are ignored; other
 * objects have none.
 */
function build(machine: PickleMachine): void {
  const state = machine.pop();
  const target = machine.top();
  if (target instanceof PyTensor && isParameterState(state)) return;
  if (!(target instanceof PyDict) || !(state instanceof PyDict))
    throw machine.refuse(`${describe(target)} gets ${describe(state)} as its state`);
}

function reduce(machine: PickleMachine): void {
  const args = machine.pop();
  machine.push(callGlobal(machine.pop(), args, machine.refuse));
}

/** Of the class of parameters alone; torch/_weights_only_unpickler.py reads these, too. */
function newObject(machine: PickleMachine): void {
  const args = machine.pop();
  const target = machine.pop();
  if (!(target instanceof PyGlobal) || target.name !== PARAMETER)
    throw machine.refuse('NEWOBJ, which torch.save does not write');
  machine.push(callGlobal(target, args, machine.refuse));
}

function global(machine: PickleMachine): void {
  const module = machine.reader.line();
  machine.push(findGlobal(machine.file, module, machine.reader.line()));
}

function stackGlobal(machine: PickleMachine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof name !== 'string' || typeof module !== 'string')
    throw machine.refuse(`a class is named by ${describe(module)} and ${describe(name)}`);
  machine.push(findGlobal(machine.file, module, name));
}

/**
 * Names a class like GLOBAL and calls it at once. torch.save does not write it, but the error
 * should report the name.
 */
function inst(machine: PickleMachine): void {
  global(machine);
  throw machine.refuse('INST, which torch.save does not write');
}

const u8 = (reader: Reader) => reader.u8();
const u32 = (reader: Reader) => reader.u32();
const i32 = (reader: Reader) => reader.i32();
const u64 = (reader: Reader) => reader.u64();

const code = (sign: string | number) => (typeof sign === 'string' ? sign.charCodeAt(0) : sign);
const table = <T>(rows: readonly (readonly [string | number, T])[]): ReadonlyMap<number, T> =>
  new Map(rows.map(([sign, value]) => [code(sign), value]));

export const OPCODES = table<Operation>([
  // A frame gives the length to read ahead; the stream is in memory already.
  [0x95, machine => void machine.reader.take(8)],
  ['(', machine => machine.mark()],
  ['0', machine => machine.popValueOrMark()],
  ['1', machine => void machine.popMark()],
  ['2', machine => machine.push(machine.top())],
  ['N', pushed(() => null)],
  [0x88, pushed(() => true)],
  [0x89, pushed(() => false)],
  ['J', pushed(i32)],
  ['K', pushed(u8)],
  ['M', pushed(reader => reader.u16())],
  [0x8a, integer(u8)],
  [0x8b, integer(i32)],
  ['G', pushed(reader => reader.f64())],
  ['U', oldString(u8)],
  ['T', oldString(i32)],
  [0x8c, pushed(reader => reader.text(reader.u8()))],
  ['X', pushed(reader => reader.text(reader.u32()))],
  [0x8d, pushed(reader => reader.text(reader.u64()))],
  ['C', bytes(u8)],
  ['B', bytes(u32)],
  [0x8e, bytes(u64)],
  [0x96, bytes(u64)],
  [']', machine => machine.push(new PyList())],
  ['a', machine => append(machine, [machine.pop()])],
  ['e', machine => append(machine, machine.popMark())],
  ['l', makeList],
  [')', tuple(0)],
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  ['t', machine => machine.push(new PyTuple(machine.popMark()))],
  ['}', machine => machine.push(new PyDict())],
  ['d', makeDict],
  ['s', setItem],
  ['u', machine => setItems(machine, machine.popMark())],
  ['h', machine => machine.get(machine.reader.u8())],
  ['j', machine => machine.get(machine.reader.u32())],
  ['q', machine => machine.put(machine.reader.u8())],
  ['r', machine => machine.put(machine.reader.u32())],
  [0x94, machine => machine.memoize()],
  ['c', global],
  [0x93, stackGlobal],
  ['i', inst],
  ['R', reduce],
  [0x81, newObject],
  ['b', build],
  ['Q', machine => machine.addStorage(storageOf(machine.pop(), machine.refuse))],
]);

/** Opcodes of Python that do not belong in a state_dict, by name. */
export const REFUSED = table<string>([
  ['o', 'OBJ'],
  [0x92, 'NEWOBJ_EX'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  ['P', 'PERSID'],
  ['I', 'INT'],
  ['L', 'LONG'],
  ['F', 'FLOAT'],
  ['S', 'STRING'],
  ['V', 'UNICODE'],
  ['g', 'GET'],
  ['p', 'PUT'],
  [0x80, 'a second PROTO'],
  [0x8f, 'EMPTY_SET'],
  [0x90, 'ADDITEMS'],
  [0x91, 'FROZENSET'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
]);

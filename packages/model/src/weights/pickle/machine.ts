/**
 * Pickle's stack machine, protocols 2 to 5: what torch.save writes, and nothing that could run
 * code. There is no recursion, an operation creates at most one object, and the number of objects
 * is bounded. So a stream can exhaust neither stack nor memory. Opcodes: Python's
 * Lib/pickletools.py.
 */
import {weightsGlobalError} from '@rife-train/errors';
import {MAX_OPCODES} from '../limits.js';
import {ByteReader} from './byteReader.js';
import {OPCODES, REFUSED} from './opcodes.js';
import type {PyStorage, PyValue} from './values.js';

const STOP = 0x2e;

export class PickleMachine {
  private stack: PyValue[] = [];
  /** Stacks below the marks that are set. */
  private readonly marks: PyValue[][] = [];
  private readonly memo = new Map<number, PyValue>();
  /** Storages that the stream names, by key. */
  readonly storages = new Map<string, PyStorage>();

  constructor(
    readonly reader: ByteReader,
    readonly file: string,
  ) {}

  /** The error to throw for something wrong at this byte. */
  readonly refuse = (problem: string): Error => this.reader.error(problem);

  push(value: PyValue): void {
    this.stack.push(value);
  }

  pop(): PyValue {
    const value = this.stack.pop();
    if (value === undefined) throw this.refuse('the stack is empty');
    return value;
  }

  top(): PyValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw this.refuse('the stack is empty');
    return value;
  }

  mark(): void {
    this.marks.push(this.stack);
    this.stack = [];
  }

  /** Removes and returns everything above the last mark. */
  popMark(): PyValue[] {
    const below = this.marks.pop();
    if (!below) throw this.refuse('no mark is set');
    const items = this.stack;
    this.stack = below;
    return items;
  }

  /** Python's POP removes a mark if nothing is above it. */
  popValueOrMark(): void {
    if (this.stack.length > 0) this.stack.pop();
    else this.popMark();
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.memo.size);
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.refuse(`memo ${index} is empty`);
    this.push(value);
  }

  addStorage(storage: PyStorage): void {
    const known = this.storages.get(storage.key);
    if (known && (known.dtype !== storage.dtype || known.length !== storage.length))
      throw this.refuse('a storage is described in two ways');
    this.storages.set(storage.key, storage);
    this.push(storage);
  }

  /** Runs up to STOP; returns what is on top then. */
  run(): PyValue {
    if (this.reader.u8() !== 0x80) throw this.refuse('it does not begin with its protocol');
    const protocol = this.reader.u8();
    if (protocol < 2 || protocol > 5) throw this.refuse(`protocol ${protocol} is not one of 2 to 5`);
    for (let count = 0; count < MAX_OPCODES; count++) {
      const opcode = this.reader.u8();
      if (opcode === STOP) return this.pop();
      this.execute(opcode);
    }
    throw this.refuse(`it has more than ${MAX_OPCODES} operations`);
  }

  private execute(opcode: number): void {
    const operation = OPCODES.get(opcode);
    if (operation) return operation(this);
    const name = REFUSED.get(opcode);
    if (name?.startsWith('EXT')) throw weightsGlobalError(this.file, `copyreg extension (${name})`);
    throw this.refuse(name ? `${name}, which torch.save does not write` : `opcode ${opcode} does not exist`);
  }
}

/**
 * The value of one pickle, and the storages that it names.
 * @param at offset of the pickle in `content`
 * @returns `end` is the offset after it
 * @throws RIFE_ERR_WEIGHTS_PICKLE, RIFE_ERR_WEIGHTS_GLOBAL, RIFE_ERR_WEIGHTS_DTYPE
 */
export function unpickle(content: Uint8Array, file: string, at = 0) {
  const reader = new ByteReader(content, file, at);
  const machine = new PickleMachine(reader, file);
  const value = machine.run();
  return {value, storages: machine.storages, end: reader.at};
}

/** Pickles by hand, opcode by opcode: what no library would write. */
type Part = string | Uint8Array;

const latin1 = (part: Part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part));

/** Parts joined; strings are opcodes, one byte a character. */
export const asm = (...parts: Part[]): Buffer => Buffer.concat(parts.map(latin1));

/** A whole pickle: PROTO 2, the parts, STOP. */
export const pickle = (...parts: Part[]): Buffer => asm('\x80\x02', ...parts, '.');

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** BINUNICODE. */
export const text = (value: string): Buffer => asm('X', u32(Buffer.byteLength(value)), Buffer.from(value));

/** LONG1 of eight bytes: any integer. */
export function int(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return asm('\x8a\x08', bytes);
}

export const tuple = (...items: Part[]): Buffer => asm('(', ...items, 't');
export const global = (module: string, name: string): Buffer => asm(`c${module}\n${name}\n`);
export const call = (target: Part, ...args: Part[]): Buffer => asm(target, tuple(...args), 'R');
export const orderedDict = call(global('collections', 'OrderedDict'));

/** A dict of pairs. */
export const dict = (...pairs: [Part, Part][]): Buffer => asm('}(', ...pairs.flat(), 'u');

export interface View {
  key?: string;
  storage?: string;
  length?: number | bigint;
  offset?: number | bigint;
  shape?: readonly (number | bigint)[];
  strides?: readonly (number | bigint)[];
  location?: string;
  /** Sixth item of the persistent id. */
  view?: Part;
}

/** A storage of the file. */
export const storage = ({
  key = '0',
  storage: kind = 'FloatStorage',
  length = 6,
  location = 'cpu',
  view,
}: View) =>
  asm(
    tuple(
      text('storage'),
      global('torch', kind),
      text(key),
      text(location),
      int(length),
      ...(view ? [view] : []),
    ),
    'Q',
  );

/** A tensor of the file; 2x3 floats by default. */
export function tensor(view: View = {}): Buffer {
  const {offset = 0, shape = [2, 3], strides = [3, 1]} = view;
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    storage(view),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    '\x89',
    orderedDict,
  );
}

/** The pickle of `{w: tensor}`. */
export const oneTensor = (view: View = {}): Buffer => pickle(dict([text('w'), tensor(view)]));

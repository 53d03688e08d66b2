/** Collects the nodes of a TensorFlow graph, for SavedModel and TensorFlow.js alike. */
import {DT, type Attrs} from '@rife-train/engine/graph';

export interface TfNode {
  name: string;
  op: string;
  inputs: readonly string[];
  attrs: Attrs;
}

const FLOAT = {type: DT.float32};
const INT = {type: DT.int32};

/** A graph under construction. */
export class TfBuilder {
  readonly nodes: TfNode[] = [];
  private readonly vectors = new Map<string, string>();

  node(op: string, inputs: readonly string[], attrs: Attrs = {T: FLOAT}, name?: string): string {
    const given = name ?? `n${this.nodes.length}_${op}`;
    this.nodes.push({name: given, op, inputs: [...inputs], attrs});
    return given;
  }

  placeholder(name: string, shape: readonly number[]): string {
    return this.node('Placeholder', [], {dtype: FLOAT, shape: {shape}}, name);
  }

  floats(values: ArrayLike<number>, shape: readonly number[]): string {
    const tensor = {dtype: DT.float32, shape, values: Float32Array.from(values)};
    return this.node('Const', [], {dtype: FLOAT, value: {tensor}});
  }

  number(value: number): string {
    return this.once(`float ${value}`, () => this.floats([value], []));
  }

  /** A vector of int32, or one number. Equal ones are stored once. */
  int32(values: readonly number[] | number): string {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [list.length];
    const tensor = {dtype: DT.int32, shape, values: Int32Array.from(list)};
    return this.once(`int ${JSON.stringify(values)}`, () =>
      this.node('Const', [], {dtype: INT, value: {tensor}}),
    );
  }

  /** An op on int32. */
  ints(op: string, inputs: readonly string[]): string {
    return this.node(op, inputs, {T: INT});
  }

  concat(parts: readonly string[], axis: number, type: {type: number} = FLOAT): string {
    const attrs = {N: {int: parts.length}, T: type, Tidx: INT};
    return this.node('ConcatV2', [...parts, this.int32(axis)], attrs);
  }

  concatInts(parts: readonly string[]): string {
    return this.concat(parts, 0, INT);
  }

  /** @param shape int32 */
  reshape(x: string, shape: string, type: {type: number} = FLOAT): string {
    return this.node('Reshape', [x, shape], {T: type, Tshape: INT});
  }

  shape(x: string): string {
    return this.node('Shape', [x], {T: FLOAT, out_type: INT});
  }

  slice(x: string, begin: string, size: string, type: {type: number} = FLOAT): string {
    return this.node('Slice', [x, begin, size], {T: type, Index: INT});
  }

  /** Entries of an int32 vector. */
  entries(vector: string, begin: number, count: number): string {
    return this.slice(vector, this.int32([begin]), this.int32([count]), INT);
  }

  toFloat(x: string): string {
    return this.node('Cast', [x], {SrcT: INT, DstT: FLOAT, Truncate: {bool: false}});
  }

  toInt(x: string): string {
    return this.node('Cast', [x], {SrcT: FLOAT, DstT: INT, Truncate: {bool: false}});
  }

  private once(key: string, make: () => string): string {
    const known = this.vectors.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.vectors.set(key, made);
    return made;
  }
}

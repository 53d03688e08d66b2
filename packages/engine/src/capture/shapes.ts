/** What shape functions are given and return. */
export interface ShapedInput {
  shape: readonly number[];
  dtype: number;
  /** Values of inputs that were given on the host (shapes, axes, paddings). */
  values?: ArrayLike<number> | undefined;
}

export interface ShapedOutput {
  shape: number[];
  dtype: number;
}

/** Reads an op's attribute by name. */
export type AttrOf = (name: string) => unknown;
export type ShapeFunction = (inputs: readonly ShapedInput[], attr: AttrOf) => ShapedOutput[];

export function input(inputs: readonly ShapedInput[], i: number): ShapedInput {
  const found = inputs[i];
  if (!found) throw new Error(`shape function needs input ${i}`);
  return found;
}

export function hostValues(inputs: readonly ShapedInput[], i: number): number[] {
  const {values} = input(inputs, i);
  if (!values) throw new Error(`input ${i} must be known on the host`);
  return Array.from(values);
}

export const out = (shape: readonly number[], dtype: number): ShapedOutput[] => [{shape: [...shape], dtype}];

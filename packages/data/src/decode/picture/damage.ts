/** Where a file is spoiled, and how that is told. */
export interface Damage {
  /** Number of the byte, from 0. */
  at: number;
  what: string;
}

export const damageText = ({at, what}: Damage) => `${what} (byte ${at})`;

/** Byte where the zeros begin that a file ends with; a copy that failed leaves many. */
export function zerosFrom(file: Buffer): number {
  let at = file.length;
  while (at > 0 && file[at - 1] === 0) at--;
  return at;
}

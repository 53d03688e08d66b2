/** Where a file is damaged, and the text of the error. */
export interface Damage {
  /** Offset of the byte. */
  at: number;
  what: string;
}

export const damageText = ({at, what}: Damage) => `${what} (byte ${at})`;

/** Offset of the zeros at the end of a file; an interrupted copy leaves many. */
export function zerosFrom(file: Buffer): number {
  let at = file.length;
  while (at > 0 && file[at - 1] === 0) at--;
  return at;
}

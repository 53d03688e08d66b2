/** Names of frames, split into numbers and the text between them. */

/** A number in a name, with all its digits: some are longer than a double can hold. */
export interface NumberToken {
  digits: string;
  /** Whole numbers without leading zeros compare by length, then as text. */
  bare: string;
}

/**
 * A name without its ending, as text around groups of digits: `texts` has one more than `numbers`.
 */
export interface Tokens {
  name: string;
  stem: string;
  texts: string[];
  numbers: NumberToken[];
}

const bareOf = (digits: string) => digits.replace(/^0+(?=\d)/, '');

export function tokensOf(name: string): Tokens {
  // Full-width digits count as digits, and the typographic minus as a sign.
  const stem = name
    .replace(/\.[^.]+$/, '')
    .normalize('NFKC')
    .replaceAll('\u2212', '-')
    .toLowerCase();
  const parts = stem.split(/(\d+)/);
  return {
    name,
    stem,
    texts: parts.filter((_, i) => i % 2 === 0),
    numbers: parts.filter((_, i) => i % 2 === 1).map(digits => ({digits, bare: bareOf(digits)})),
  };
}

export const compareNumbers = (a: NumberToken, b: NumberToken): number =>
  a.bare.length - b.bare.length || (a.bare < b.bare ? -1 : a.bare > b.bare ? 1 : 0);

/** The common prefix of some texts. */
export function commonStart(texts: readonly string[]): string {
  const [least, most] = texts.reduce(
    ([a, b], text) => [text < a ? text : a, text > b ? text : b],
    [texts[0]!, texts[0]!],
  );
  let length = 0;
  while (length < least.length && least[length] === most[length]) length++;
  return least.slice(0, length);
}

const reversed = (text: string) => [...text].reverse().join('');
export const commonEnd = (texts: readonly string[]) => reversed(commonStart(texts.map(reversed)));

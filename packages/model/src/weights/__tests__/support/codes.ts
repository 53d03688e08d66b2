/** What decoding says: for tests that expect refusals. */
import {decodeWeights} from '../../readWeights.js';

/** Error matcher by code. */
export const code = (name: string) => expect.objectContaining({code: `RIFE_ERR_${name}`});

/** Decodes a file named `x.pkl`. */
export const decode = (content: Uint8Array) => decodeWeights(content, 'x.pkl');

/** The message with which a file is refused; fails when it is not, or with another code. */
export function refusal(content: Uint8Array, name: string): string {
  try {
    decode(content);
  } catch (error) {
    expect(error).toEqual(code(name));
    return (error as Error).message;
  }
  throw new Error('it was read');
}

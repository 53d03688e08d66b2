/**
 * A 5x8 bitmap font, so that labels look the same on machines without fonts (sharp's text needs
 * some). Five columns a glyph, in hexadecimal; the lowest bit is the top row.
 */
// prettier-ignore
const GLYPHS: Record<string, string> = {
  '!': '00005f0000', '"': '0007000700', '#': '147f147f14', $: '242a7f2a12', '%': '2313086462',
  '&': '3649562050', "'": '0008070300', '(': '001c224100', ')': '0041221c00', '*': '2a1c7f1c2a',
  ';': '0040340000', '<': '0008142241', '@': '3e415d594e', '[': '007f414100', '\\': '0204081020',
  ']': '0041417f00', '^': '0402010204', _: '4040404040', '`': '0003070800', '{': '0008364100',
  '|': '00007f0000', '}': '0041360800', '~': '0201020402',
  ' ': '0000000000', '+': '08083e0808', '-': '0808080808', '.': '0060600000', '/': '2010080402',
  ':': '0036360000', '=': '1414141414', '>': '0041221408', '?': '0201510906', ',': '0050300000',
  '0': '3e5149453e', '1': '00427f4000', '2': '4261514946', '3': '2141454b31', '4': '1814127f10',
  '5': '2745454539', '6': '3c4a494930', '7': '0171090503', '8': '3649494936', '9': '064949291e',
  A: '7e1111117e', B: '7f49494936', C: '3e41414122', D: '7f4141221c', E: '7f49494941', F: '7f09090901',
  G: '3e4149497a', H: '7f0808087f', I: '00417f4100', J: '2040413f01', K: '7f08142241', L: '7f40404040',
  M: '7f020c027f', N: '7f0408107f', O: '3e4141413e', P: '7f09090906', Q: '3e4151215e', R: '7f09192946',
  S: '4649494931', T: '01017f0101', U: '3f4040403f', V: '1f2040201f', W: '3f4038403f', X: '6314081463',
  Y: '0708700807', Z: '6151494543',
  a: '2054545478', b: '7f48444438', c: '3844444420', d: '384444487f', e: '3854545418', f: '087e090102',
  g: '18a4a49c78', h: '7f08040478', i: '00447d4000', j: '2040443d00', k: '7f10284400', l: '00417f4000',
  m: '7c04180478', n: '7c08040478', o: '3844444438', p: 'fc18242418', q: '18242418fc', r: '7c08040408',
  s: '4854545420', t: '043f444020', u: '3c4040207c', v: '1c2040201c', w: '3c4030403c', x: '4428102844',
  y: '4c9090907c', z: '4464544c44',
};

/** Width of a glyph with the gap after it, and its height, in font pixels. */
export const GLYPH = {advance: 6, height: 9} as const;

const coded = (sign: string) =>
  Array.from({length: sign.length}, (_, i) => `\\u${sign.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );

/**
 * A text in characters that have a glyph: letters lose their accents, and any other sign becomes
 * the code that JSON has for it, so that names of files stay apart.
 */
export const drawable = (text: string): string =>
  [...text.normalize('NFC')]
    .map(sign => {
      const plain = sign.normalize('NFKD').replace(/\p{M}/gu, '');
      return /^[ -~]+$/.test(plain) ? plain : coded(sign);
    })
    .join('');

/** Width of a text in pixels, `scale` pixels to a font pixel. */
export const textWidth = (text: string, scale: number) => drawable(text).length * GLYPH.advance * scale;

/**
 * Is the font pixel at column 0..4, row 0..7 of a character set? `drawable` has none without a
 * glyph.
 */
export function glyphPixel(character: string, column: number, row: number): boolean {
  const columns = GLYPHS[character] ?? GLYPHS['?']!;
  return ((parseInt(columns.slice(column * 2, column * 2 + 2), 16) >> row) & 1) === 1;
}

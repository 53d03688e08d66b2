/**
 * Colours: one way from a video to RGB and back, for original and for made frames. Matrix and range
 * are always given: what ffmpeg would assume depends on its version and on the size.
 */

/** Names as ffmpeg has them; undefined where the video does not say. */
export interface Colours {
  /** Matrix from RGB, such as `bt709`. */
  matrix?: string | undefined;
  /** `tv` (16..235) or `pc` (0..255). */
  range?: string | undefined;
  primaries?: string | undefined;
  transfer?: string | undefined;
}

/** From this height on, a video without a matrix is taken as HD: every player does. */
const HD_HEIGHT = 720;

/** ffmpeg's scaler names some matrices otherwise than its streams. */
const SCALER_NAMES: Record<string, string> = {
  bt709: 'bt709',
  smpte170m: 'smpte170m',
  bt470bg: 'bt470',
  fcc: 'fcc',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
  bt2020c: 'bt2020',
};

export const FLAGS = 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

/** Matrix and range of the conversion. */
export function conversion({matrix, range}: Colours, height: number) {
  const fallback = height >= HD_HEIGHT ? 'bt709' : 'smpte170m';
  return {matrix: SCALER_NAMES[matrix ?? ''] ?? fallback, range: range === 'pc' ? 'pc' : 'tv'};
}

/** Is the pixel format RGB or a palette? Then there is no matrix. */
export const isRgb = (pixels: string) => /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|rgba|bgra|pal8)/.test(pixels);
const isGrey = (pixels: string) => /^(gray|mono|ya)/.test(pixels);

/** How RGB pictures are encoded as video. */
export const RGB_COLOURS: Colours = {matrix: 'bt709', range: 'tv', primaries: 'bt709', transfer: 'bt709'};

/** Filters from the decoder's pixels to BGR of 8 or 16 bits. */
export function toBgr(pixels: string, colours: Colours, height: number, isDeep: boolean): string[] {
  const {matrix, range} = conversion(colours, height);
  const source = isRgb(pixels)
    ? ''
    : `in_color_matrix=${matrix}:in_range=${/^yuvj/.test(pixels) ? 'pc' : range}:`;
  return [`scale=${source}flags=${FLAGS}`, `format=${isDeep ? 'bgr48le' : 'bgr24'}`];
}

/** Filters from BGR to the encoder's pixels. */
export function fromBgr(pixels: string, colours: Colours, height: number): string[] {
  const {matrix, range} = conversion(colours, height);
  const target = isRgb(pixels) || isGrey(pixels) ? '' : `out_color_matrix=${matrix}:out_range=${range}:`;
  return [`scale=${target}flags=${FLAGS}`, `format=${pixels}`];
}

/** Encoder options that mark the colours, as the source has them. */
export function colourTags({matrix, range, primaries, transfer}: Colours, pixels: string): string[] {
  const tags = {
    '-colorspace': isRgb(pixels) ? undefined : matrix,
    '-color_range': isRgb(pixels) ? undefined : range,
    '-color_primaries': primaries,
    '-color_trc': transfer,
  };
  return Object.entries(tags).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

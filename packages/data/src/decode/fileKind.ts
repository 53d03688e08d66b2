/**
 * The kind of a file by its first bytes, whatever its name: pictures, and files wrongly named as
 * pictures or videos.
 */

/** Supported pictures. */
export type PictureKind = 'png' | 'jpeg' | 'webp';

/** A file that is not a PNG, JPEG or WebP picture: what it is, and what to do about it. */
export interface Foreign {
  is: string;
  fix: string;
}

const CONVERT = 'Convert it to PNG';
const EXTRACT = 'Extract its pictures to PNG files';
const FETCH = 'Copy or download it again';

type Sign = [bytes: string | Buffer, at: number, is: string, fix?: string];

/** Signatures at fixed offsets; longer ones come before their own prefixes. */
const SIGNS: readonly Sign[] = [
  ['BM', 0, 'a BMP picture'],
  ['GIF8', 0, 'a GIF', EXTRACT],
  [Buffer.from('49492a00', 'hex'), 0, 'a TIFF picture, or a camera’s raw file'],
  [Buffer.from('4d4d002a', 'hex'), 0, 'a TIFF picture, or a camera’s raw file'],
  [Buffer.from('49492b00', 'hex'), 0, 'a BigTIFF picture'],
  [Buffer.from('4d4d002b', 'hex'), 0, 'a BigTIFF picture'],
  [Buffer.from('ff0a', 'hex'), 0, 'a JPEG XL picture'],
  ['JXL ', 4, 'a JPEG XL picture'],
  ['jP  ', 4, 'a JPEG 2000 picture'],
  [Buffer.from('ff4fff51', 'hex'), 0, 'a JPEG 2000 picture'],
  [Buffer.from('762f3101', 'hex'), 0, 'an OpenEXR picture'],
  ['#?RADIANCE', 0, 'a Radiance HDR picture'],
  ['SDPX', 0, 'a DPX picture'],
  ['XPDS', 0, 'a DPX picture'],
  ['8BPS', 0, 'a Photoshop file'],
  ['gimp xcf', 0, 'a GIMP file'],
  ['qoif', 0, 'a QOI picture'],
  ['DDS ', 0, 'a DDS texture'],
  [Buffer.from('00000100', 'hex'), 0, 'a Windows icon'],
  ['%PDF', 0, 'a PDF'],
  ['PK\x03\x04', 0, 'a ZIP archive', 'Unpack it'],
  [Buffer.from('1f8b', 'hex'), 0, 'a gzip archive', 'Unpack it'],
  ['Rar!', 0, 'a RAR archive', 'Unpack it'],
  [Buffer.from('377abcaf271c', 'hex'), 0, 'a 7-Zip archive', 'Unpack it'],
  [Buffer.from('1a45dfa3', 'hex'), 0, 'a Matroska or WebM video', EXTRACT],
  ['RIFF', 0, 'a RIFF file that is no WebP, such as an AVI video', EXTRACT],
  ['\x93NUMPY', 0, 'a NumPy array', 'Write its pictures to PNG files'],
];

const POINTER = 'version https://git-lfs.github.com/spec/';

/** Brands of ISO containers used by pictures; files with any other brand are videos. */
const BRANDS: Readonly<Record<string, string>> = {
  heic: 'a HEIC picture, as iPhones take',
  heix: 'a HEIC picture, as iPhones take',
  heim: 'a HEIC picture',
  heis: 'a HEIC picture',
  hevc: 'a sequence of HEIC pictures',
  hevx: 'a sequence of HEIC pictures',
  mif1: 'a HEIF picture (HEIC or AVIF)',
  msf1: 'a sequence of HEIF pictures',
  avif: 'an AVIF picture',
  avis: 'a sequence of AVIF pictures',
  'crx ': 'a Canon raw file',
};

function isoFile(head: Buffer): Foreign | undefined {
  if (head.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const major = head.toString('latin1', 8, 12);
  if (BRANDS[major] === undefined) return {is: 'an MP4 or QuickTime video', fix: EXTRACT};
  // Some files name a general brand first; their compatible brands say more.
  const compatible = head.toString('latin1', 16, Math.min(head.length, head.readUInt32BE(0)));
  const isAvif = major === 'mif1' && compatible.includes('avif');
  const isHeic = major === 'mif1' && compatible.includes('heic');
  return {is: BRANDS[isAvif ? 'avif' : isHeic ? 'heic' : major]!, fix: CONVERT};
}

function textFile(head: Buffer): Foreign | undefined {
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith(POINTER))
    return {is: 'a git-lfs pointer: a few lines of text in place of the file', fix: 'Run "git lfs pull"'};
  if (/^P[1-7]\s/.test(text)) return {is: 'a PNM picture (PBM, PGM, PPM)', fix: CONVERT};
  if (/^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!doctype svg[^>]*>\s*)?<svg[\s>]/is.test(text))
    return {is: 'an SVG drawing', fix: CONVERT};
  if (/^<(!doctype html|html|head|body)/i.test(text))
    return {is: 'an HTML page, as a download that failed leaves', fix: 'Download it again'};
  if (/^(<\?xml|<[a-z]+>)/i.test(text)) return {is: 'an XML text', fix: FETCH};
  if (/^[{[]\s*["{[\]}]/.test(text)) return {is: 'a JSON text', fix: FETCH};
  const isText = head.length > 0 && !/[\x00-\x08\x0e-\x1f\ufffd]/.test(text);
  return isText ? {is: 'a text', fix: FETCH} : undefined;
}

const isWebp = (head: Buffer) => /^RIFF....WEBP/s.test(head.toString('latin1', 0, 12));
const isZeros = (head: Buffer) => head.every(byte => byte === 0);

const PNG_SIGN = Buffer.from('89504e47', 'hex');
const isPng = (head: Buffer) => head.subarray(0, 4).equals(PNG_SIGN);

/** The kind of a picture by its first bytes; undefined for anything else. */
export function pictureKind(head: Buffer): PictureKind | undefined {
  if (isPng(head)) return 'png';
  if (head[0] === 0xff && head[1] === 0xd8) return 'jpeg';
  return isWebp(head) ? 'webp' : undefined;
}

/**
 * What a file is that is not a supported picture.
 * @param head its first bytes, 512 or as many as there are
 */
export function foreignFile(head: Buffer): Foreign {
  if (head.length === 0) return {is: 'an empty file', fix: FETCH};
  for (const [bytes, at, is, fix = CONVERT] of SIGNS) {
    const sign = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    if (head.subarray(at, at + sign.length).equals(sign)) return {is, fix};
  }
  const known = isoFile(head) ?? textFile(head);
  if (known) return known;
  if (isZeros(head))
    return {is: 'no picture: it begins with zeros, as a copy that failed leaves', fix: FETCH};
  return {is: 'no picture that is known here', fix: FETCH};
}

const says = (pattern: RegExp) => (head: Buffer) => pattern.test(head.toString('latin1'));
/** Printable characters, tabs and line ends; bytes above 127 are letters in UTF-8. */
const isPrintable = (head: Buffer) => head.every(byte => byte >= 32 || (byte >= 9 && byte <= 13));

/**
 * Files that are not videos; the first match counts. Formats that ffmpeg may be able to read are
 * not listed.
 */
const NOT_VIDEOS: readonly (readonly [test: (head: Buffer) => boolean, is: string])[] = [
  [
    says(/^version https:\/\/git-lfs/),
    'a pointer of git-lfs, whose file was not fetched ("git lfs pull" does)',
  ],
  [
    says(/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|!--)/i),
    'a web page, as a failed download leaves it',
  ],
  [says(/^(\xef\xbb\xbf)?\s*</), 'XML, as a failed download leaves it'],
  [isPrintable, 'text'],
  [says(/^\xff\xd8\xff/), 'a JPEG picture'],
  [isPng, 'a PNG picture'],
  [says(/^GIF8[79]a/), 'a GIF picture'],
  [isWebp, 'a WebP picture'],
  [says(/^....ftyp(heic|heix|hevc|mif1|avif)/s), 'a HEIC or AVIF picture'],
  [says(/^PK\x03\x04/), 'a zip archive'],
  [says(/^\x1f\x8b/), 'a gzip archive'],
  [says(/^%PDF/), 'a PDF document'],
  [says(/^(ID3|fLaC|RIFF....WAVE)/s), 'sound'],
  [isZeros, 'zeros from its first byte on, as a broken copy leaves them'],
];

/**
 * What a file named as a video really is; undefined if it may be a video.
 * @param head its first bytes, 512 or as many as there are; at least one
 */
export const notVideo = (head: Buffer): string | undefined => NOT_VIDEOS.find(([fits]) => fits(head))?.[1];

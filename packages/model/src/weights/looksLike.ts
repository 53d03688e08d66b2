/** Describes a file that is not a weights file, in the words of whoever downloaded it. */

const ASCII: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(!doctype html|html|head|body)/i, 'a web page (HTML), saved instead of the download'],
  [/^\s*<\?xml|^\s*<Error>/i, 'an XML message, saved instead of the download'],
  [/^version https:\/\/git-lfs/, 'a git-lfs pointer; fetch the file itself with "git lfs pull"'],
  [/^GGUF/, 'a GGUF file'],
  [/^\x89HDF/, 'an HDF5 file (Keras)'],
  [/^\x93NUMPY/, 'a NumPy array'],
  [/^\x1f\x8b/, 'a gzip archive; unpack it first'],
  [/^BZh/, 'a bzip2 archive; unpack it first'],
  [/^\xfd7zXZ/, 'an xz archive; unpack it first'],
  [/^7z\xbc\xaf/, 'a 7z archive; unpack it first'],
  [/^Rar!/, 'a RAR archive; unpack it first'],
  [/^.{257}ustar/s, 'a tar archive; unpack it first'],
  [/^\x08[\x01-\x20][\x12\x1a\x3a"]/, 'an ONNX file'],
  [/^\x89PNG|^\xff\xd8\xff|^GIF8/, 'an image'],
  [/^\x80[\x00-\x05]/, 'a Python pickle that torch.save did not write'],
  [/^\x7fELF|^MZ/, 'a program'],
  [/^\s*[{[]/, 'JSON text'],
];

const isText = (text: string) => /^[\t\n\r\x20-\x7e]*$/.test(text);

/** What the content looks like, as the end of "it looks like". */
export function looksLike(content: Uint8Array): string {
  if (content.length === 0) return 'an empty file';
  // One character per byte, whatever the bytes are.
  const head = Buffer.from(content.subarray(0, 512)).toString('latin1');
  const known = ASCII.find(([pattern]) => pattern.test(head));
  if (known) return known[1];
  return isText(head) ? 'plain text' : 'binary data of another kind';
}

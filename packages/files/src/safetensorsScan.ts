/**
 * One pass over the text of a safetensors header before JSON.parse sees it. JSON.parse keeps the
 * last of two equal names silently, puts names that are numbers first, and builds whatever is
 * nested; none of that may be left to a file.
 */
import {showName} from '@rife-train/errors';

/** The header, an entry, its shape: nothing of the format lies deeper. */
const MAX_DEPTH = 3;

/** Index after the string that begins at `start`, or the text's length when it does not end. */
function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

/** The string that JSON text denotes; undefined when it is not one. */
function unquote(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function isColonNext(text: string, from: number): boolean {
  let i = from;
  while (' \t\n\r'.includes(text[i] ?? '../../core/src/checkpoint')) i++;
  return text[i] === ':';
}

/**
 * Names of the header in their order, or what is wrong with it. Text that is no JSON gives names of
 * no use: parsing it afterwards says so.
 */
export function scanHeader(text: string): {names: string[]} | string {
  // Keys of each object that is open; a list has a set that stays empty.
  const open: Set<string>[] = [];
  const names = new Set<string>();
  for (let i = 0; i < text.length;) {
    const sign = text[i]!;
    if (sign === '"') {
      const end = stringEnd(text, i);
      const name = open.length > 0 && isColonNext(text, end) ? unquote(text.slice(i, end)) : undefined;
      if (name !== undefined) {
        const keys = open.length === 1 ? names : open.at(-1)!;
        if (keys.has(name)) return `its header holds ${showName(name)} twice`;
        keys.add(name);
      }
      i = end;
      continue;
    }
    if (sign === '{' || sign === '[') open.push(new Set());
    else if (sign === '}' || sign === ']') open.pop();
    if (open.length > MAX_DEPTH) return `its header is nested more than ${MAX_DEPTH} deep`;
    i++;
  }
  return {names: [...names]};
}

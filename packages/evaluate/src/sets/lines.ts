/** Lists of the sets: lines of paths. */
import {readFileSync} from 'node:fs';
import {evalList, evalPicture, messageOf} from '@rife-train/errors';

/** A line of a list, for messages too. */
export interface Line {
  list: string;
  /** From 1. */
  number: number;
  text: string;
  /** Its paths, with slashes. */
  paths: string[];
}

/** No path of a list may lead out of the set. */
const leadsOut = (path: string) => /^([a-z]:|\/)/i.test(path) || path.split('/').includes('..');

function checked(line: Line, count: number): Line {
  const {list, number, text, paths} = line;
  if (paths.length !== count)
    throw evalList(list, number, text, `has ${paths.length} paths, and ${count} are expected`);
  if (paths.some(leadsOut)) throw evalList(list, number, text, 'leads out of the set');
  return line;
}

/**
 * Lines of a list, without blank ones; line ends of any system.
 * @param count paths of each line
 * @throws RIFE_ERR_EVAL_LIST, RIFE_ERR_EVAL_PICTURE when it can't be read
 */
export function listLines(list: string, count: number): Line[] {
  let all: string;
  try {
    all = readFileSync(list, 'utf8');
  } catch (error) {
    throw evalPicture(list, messageOf(error), error);
  }
  return all
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .map((text, i): Line => {
      const paths = text.trim().replaceAll('\\', '/').split(/\s+/);
      return {list, number: i + 1, text: text.trim(), paths};
    })
    .filter(({text}) => text !== '')
    .map(line => checked(line, count));
}

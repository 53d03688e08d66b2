/** Copies the binding's sources for the compiler, with what several threads of one process would break put right. */
import {cpSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const FILE = 'tfjs_backend.cc';

/**
 * Names of attributes, which every thread that runs an op inserts into one set without a lock. A set for each thread needs none: whoever keeps a name
 * is an op of the same thread (docs/decisions/0013-threads-and-processes.md).
 */
const SHARED_SET = /^static std::set<std::string> ATTR_NAME_SET;$/m;
const SET_PER_THREAD = 'static thread_local std::set<std::string> ATTR_NAME_SET;';

/**
 * @param from `binding` of tfjs-node
 * @param to a folder that is to be made
 * @returns false where the source is not the one that is known: it is copied as it is
 */
export function copyBindingSource(from: string, to: string): boolean {
  cpSync(from, to, {recursive: true});
  const file = join(to, FILE);
  const source = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (!SHARED_SET.test(source)) return false;
  writeFileSync(file, source.replace(SHARED_SET, SET_PER_THREAD));
  return true;
}

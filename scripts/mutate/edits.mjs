/** Applies mutations to texts, and finds those that no longer fit the sources. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {ScriptError} from '../run.mjs';

/** Number of places where `part` occurs. */
const occurrences = (text, part) => text.split(part).length - 1;

/**
 * The text with every edit applied; each must occur exactly once in the result of the previous
 * ones.
 */
export function mutated(text, {id, file, edits}) {
  return edits.reduce((before, [find, replace]) => {
    const count = occurrences(before, find);
    if (count !== 1)
      throw new ScriptError(
        `mutation ${id}: its text occurs ${count} times in ${file}: ${find}`,
        'correct it in scripts/mutations, so that it occurs once',
      );
    return before.replace(find, () => replace);
  }, text);
}

function problemsOf(root, mutation) {
  const {id, file, tests} = mutation;
  const missing = [file, ...tests.files].filter(path => !existsSync(join(root, path)));
  if (missing.length > 0) return missing.map(path => `${id}: ${path} does not exist`);
  const text = readFileSync(join(root, file), 'utf8');
  try {
    return mutated(text, mutation) === text ? [`${id}: it changes nothing`] : [];
  } catch (error) {
    return [error.message.split('\n')[0]];
  }
}

/** Problems of a table of mutations, one line each. */
export function tableProblems(root, mutations) {
  const ids = mutations.map(({id}) => id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i).map(id => `${id}: two mutations have this name`);
  return [...twice, ...mutations.flatMap(mutation => problemsOf(root, mutation))];
}

/**
 * Makes the mutations of the sources in a folder.
 * @param edits [find, replace], or a list of those; every `find` occurs once
 * @returns function of (id, file without its ending, what it stands for, edits, tests)
 */
export const mutationsIn = folder => (id, file, what, edits, tests) => ({
  id,
  file: `${folder}/${file}.ts`,
  what,
  edits: typeof edits[0] === 'string' ? [edits] : edits,
  tests,
});

/** As {@link mutationsIn}, for mutations of one edit: (id, file, what, find, replace, tests). */
export const oneEditIn = folder => {
  const mutation = mutationsIn(folder);
  return (id, file, what, find, replace, tests) => mutation(id, file, what, [find, replace], tests);
};

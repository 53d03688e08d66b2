/**
 * What a test reaches: the modules that it imports, the files that it names in strings, and so on
 * recursively. This is read from the sources, so there is no list of tests to maintain.
 * An import by name follows the name through index files to the module that defines it: a test that
 * imports `scanClips` from a package does not reach its decode threads. Strings count because tests
 * also start the built command, read documents and fixtures, and call scripts.
 */
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, posix} from 'node:path';
import {fileURLToPath} from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IGNORED = /^(node_modules|dist|runs|\..*)$/;
/** Reached by tests that run the build instead of the sources. */
export const DIST = 'dist';

const IMPORT = /\b(import|export)\s+(type\s+)?([\w*\s{},$]*?)\s*from\s*['"]([^'"]+)['"]/g;
const BARE_IMPORT =
  /\b(?:import\s*|import\(\s*|require(?:\.resolve|Actual)?(?:<[^(]*>)?\(\s*)['"]([^'"]+)['"]/g;
const STRING = /'([^'\n]*)'|"([^"\n]*)"|`([^`$]*)/g;
const DECLARED = /\bexport\s+(?:async\s+|abstract\s+)*(?:const|let|function\*?|class|enum)\s+(\w+)/g;
const EXPORT_LIST = /\bexport\s+(?:const\s+)?\{([^}]*)\}\s*[;=]/g;

/** `a, type b, c as d` to [['a', 'a'], ['c', 'd']]: exported name, and local name. */
const namesIn = list =>
  list
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '' && !name.startsWith('type '))
    .map(name => name.split(/\s+as\s+/))
    .map(([there, here = there]) => [there, here]);

/** Values that a statement imports: undefined stands for all of them. */
function namesOf(clause) {
  const list = /^\{([^}]*)\}$/.exec(clause.trim());
  return list ? namesIn(list[1]) : undefined;
}

function parse(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found = {imports: [], exports: [], own: new Set(), strings: new Set()};
  for (const [, kind, isType, clause, specifier] of code.matchAll(IMPORT)) {
    const names = namesOf(clause);
    if (isType || names?.length === 0) continue;
    found[kind === 'import' ? 'imports' : 'exports'].push({specifier, names});
  }
  for (const [, specifier] of code.matchAll(BARE_IMPORT)) found.imports.push({specifier});
  for (const [, name] of code.matchAll(DECLARED)) found.own.add(name);
  for (const [, list] of code.matchAll(EXPORT_LIST))
    for (const [, here] of namesIn(list)) found.own.add(here);
  for (const [, single, double, template] of code.matchAll(STRING))
    found.strings.add(single ?? double ?? template);
  return found;
}

/** The files of a workspace and what each reaches. Paths are relative to the root, with slashes. */
export class Workspace {
  #files;
  #folders = new Set();
  #entries = new Map();
  #parsed = new Map();
  #edges = new Map();

  constructor(root = ROOT) {
    this.root = root;
    this.#files = new Set(this.#list(''));
    for (const file of this.#files) if (/^packages\/[^/]+\/package\.json$/.test(file)) this.#addEntries(file);
  }

  /** Test files that `npm test` runs, and with `slow` those of `npm run test:slow`. */
  tests({slow = false} = {}) {
    const pattern = /^(packages\/[^/]+\/src\/(.*\/)?__tests__\/|test\/).*\.test\.ts$/;
    return [...this.#files]
      .filter(file => pattern.test(file) && (slow || !file.startsWith('test/slow/')))
      .sort();
  }

  /**
   * Everything that a file reaches, each with the file from which it does: modules, packages of npm
   * and of Node by their names, folders with a slash at the end, and DIST.
   * @param strings also follow paths in strings
   */
  reach(file, {strings = true} = {}) {
    const from = new Map([[file, undefined]]);
    const [todo, opened] = [[file], new Set()];
    while (todo.length > 0) {
      const current = todo.shift();
      if (opened.has(current)) continue;
      opened.add(current);
      for (const {to, open} of this.#edgesOf(current, strings)) {
        if (!from.has(to)) from.set(to, current);
        if (open && this.#files.has(to)) todo.push(to);
      }
    }
    return from;
  }

  #list(folder) {
    this.#folders.add(folder);
    return readdirSync(join(this.root, folder), {withFileTypes: true}).flatMap(entry => {
      if (!entry.isDirectory()) return [folder + entry.name];
      return IGNORED.test(entry.name) ? [] : this.#list(`${folder}${entry.name}/`);
    });
  }

  /** Entry points of a package, by specifier, with the sources from which they are built. */
  #addEntries(manifest) {
    const {name, exports = {}} = JSON.parse(readFileSync(join(this.root, manifest), 'utf8'));
    for (const [key, entry] of Object.entries(exports))
      if (entry.default)
        this.#entries.set(name + key.slice(1), sourceOf(join(dirname(manifest), entry.default)));
  }

  #parse(file) {
    if (!/\.([mc]?[jt]s)$/.test(file)) return parse('');
    if (!this.#parsed.has(file)) this.#parsed.set(file, parse(readFileSync(join(this.root, file), 'utf8')));
    return this.#parsed.get(file);
  }

  /** Node runs the build wherever jest does not compile the sources. */
  #runsDist(file) {
    return /\.[mc]?js$/.test(file) || file.startsWith('examples/');
  }

  /** The file of an import; a missing one by the name that it would have. */
  #resolve(file, specifier) {
    if (!specifier.startsWith('.')) return this.#entries.get(specifier) ?? specifier;
    const path = posix.join(posix.dirname(file), specifier);
    const stem = path.replace(/\.js$/, '');
    const found = [`${stem}.ts`, path, `${stem}/index.ts`].find(candidate => this.#files.has(candidate));
    return found ?? sourceOf(path);
  }

  /** The modules that define a name which a module exports: itself, or those that it re-exports. */
  #definitions(file, name, seen = new Set()) {
    if (!this.#files.has(file) || seen.has(file)) return [];
    seen.add(file);
    const {own, exports} = this.#parse(file);
    if (own.has(name)) return [file];
    return exports.flatMap(({specifier, names}) => {
      const target = this.#resolve(file, specifier);
      if (!names) return this.#definitions(target, name, seen);
      const listed = names.find(([, here]) => here === name);
      return listed ? this.#definitions(target, listed[0], seen) : [];
    });
  }

  #importEdges(file) {
    const {imports, exports} = this.#parse(file);
    return [...imports, ...exports].flatMap(({specifier, names}) => {
      const target = this.#resolve(file, specifier);
      const dist = target.startsWith('packages/') && this.#runsDist(file) ? [{to: DIST}] : [];
      const defined = names?.map(([there]) => this.#definitions(target, there));
      // All of it, or a name that the patterns above do not find.
      if (!defined || defined.some(list => list.length === 0)) return [...dist, {to: target, open: true}];
      return [...dist, {to: target}, ...defined.flat().map(to => ({to, open: true}))];
    });
  }

  #stringEdges(file) {
    const isTest = file.startsWith('test/') || file.includes('/__tests__/');
    const home = /^packages\/[^/]+/.exec(file)?.[0];
    return [...this.#parse(file).strings].flatMap(text => {
      const isPath = text.includes('/') || text === 'dist';
      if (!/^[@./-]*\w[\w@./-]*$/.test(text) || !(isPath || isTest)) return [];
      const bases = [posix.dirname(file), ...(home ? [home] : [])];
      // Relative to the root, in tests and scripts only. A published package does not know the
      // workspace.
      if (isTest ? isPath || !home : !home) bases.push('');
      if (!home) bases.push('scripts');
      return bases.flatMap(base => this.#named(posix.join(base, text)));
    });
  }

  /** The file to which a path in a string refers, if any. */
  #named(path) {
    const built = /^(packages\/[^/]+)\/dist(\/.*)?$/.exec(path);
    if (built) return this.#distEdges(built[1], sourceOf(path));
    // A named file is run if it is a script or a configuration, and read otherwise.
    if (this.#files.has(path)) return [{to: path, open: !/^packages\/[^/]+\/src\/|\.test\.ts$/.test(path)}];
    const folder = path.replace(/\/?$/, '/');
    // `test/` alone is a name of plugins in tests.
    return this.#folders.has(folder) && folder !== 'test/' ? [{to: folder}] : [];
  }

  /** `dist/x.js` of a package, or all of its `dist`. */
  #distEdges(home, source) {
    if (this.#files.has(source)) return [{to: DIST}, {to: source, open: true}];
    if (source !== `${home}/dist`) return [];
    const all = [...this.#files].filter(f => f.startsWith(`${home}/src/`) && !f.includes('/__tests__/'));
    return [{to: DIST}, ...all.map(to => ({to, open: true}))];
  }

  #edgesOf(file, strings) {
    const key = `${strings} ${file}`;
    if (!this.#edges.has(key))
      this.#edges.set(key, [...this.#importEdges(file), ...(strings ? this.#stringEdges(file) : [])]);
    return this.#edges.get(key);
  }
}

/** `packages/x/dist/y.js` to `packages/x/src/y.ts`. */
const sourceOf = path =>
  path
    .replace(/^(packages\/[^/]+)\/(?:\.\/)?dist\//, '$1/src/')
    .replace(/(^packages\/.*|^test\/.*)\.js$/, '$1.ts');

let here;
/** The graph of this repository, read once. */
export const ownWorkspace = () => (here ??= new Workspace());

/** Names of what a file reaches, itself first. */
export const reachedBy = (file, {root, strings}) => [...new Workspace(root).reach(file, {strings}).keys()];

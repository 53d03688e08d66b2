/** Codes of errors and names of hooks in sources and pages exist. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const ROOT = join(__dirname, '../..');
/** Folders of our own sources and pages, without builds and installed packages. */
const files = ['packages', 'test', 'docs', 'bench', 'scripts', 'examples']
  .flatMap(folder =>
    readdirSync(join(ROOT, folder), {recursive: true, encoding: 'utf8'}).map(file => `${folder}/${file}`),
  )
  .filter(file => /\.(ts|mjs|md)$/.test(file) && !/(^|\/)(node_modules|dist|runs)\//.test(file));
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const defined = files
  .filter(file => file.startsWith('packages/errors/src/'))
  .flatMap(file => [...textOf(file).matchAll(/code: '(RIFE_ERR_[A-Z0-9_]+)'/g)].map(([, code]) => code!));
/** Beginnings of codes: in `RIFE_ERR_DATA_*`, `_PACK_TARGET` after it, and regular expressions. */
const isBeginning = (name: string) => defined.some(code => code.startsWith(`${name.replace(/_$/, '')}_`));

test('there are codes', () => expect(defined.length).toBeGreaterThan(150));

test('a code in a source or a page is one that an error has', () => {
  const unknown = files.flatMap(file =>
    [...textOf(file).matchAll(/RIFE_ERR_[A-Z0-9_]*/g)]
      .map(([name]) => name)
      .filter(name => !defined.includes(name) && !isBeginning(name) && name !== 'RIFE_ERR_')
      .map(name => `${file}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

const HOOKS = [
  ...textOf('packages/core/src/contract/hooks.ts').matchAll(/^ {2}(\w+): (?:As|S)ync\w*Hook</gm),
].map(([, name]) => name!);

test('there are hooks', () => expect(HOOKS).toEqual(expect.arrayContaining(['flow', 'parameters', 'onNaN'])));

test('a hook that a page or a docstring taps is one that there is', () => {
  // Tests misspell some on purpose.
  const real = files.filter(file => !/(^test\/|__tests__\/)/.test(file));
  const unknown = real.flatMap(file =>
    [...textOf(file).matchAll(/\bhooks\.(\w+)\.tap/g)]
      .map(([, name]) => name!)
      .filter(name => !HOOKS.includes(name))
      .map(name => `${file}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('every hook has its line in docs/hooks.md, and writing a plugin names the traced ones', () => {
  const page = textOf('docs/hooks.md');
  const rows = new Map(
    [...page.matchAll(/^\| `(\w+)` \| (traced|host) \|/gm)].map(([, name, kind]) => [name!, kind!]),
  );
  expect([...rows.keys()].sort()).toEqual([...HOOKS].sort());
  const guide = textOf('docs/writing-a-plugin.md');
  const traced = [...rows].filter(([, kind]) => kind === 'traced').map(([name]) => name);
  const [, named = ''] = /^- Taps of (.*?) are \*\*traced\*\*/m.exec(guide) ?? [];
  expect([...named.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort()).toEqual(traced.sort());
});

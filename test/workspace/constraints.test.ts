/**
 * Rules of the workspace as a program: requirements on every package.json and tsconfig.json, and on
 * the lock file.
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const ROOT = join(__dirname, '../..');
const SCOPE = /^(@rife-train\/|rife-train$|create-rife-train-plugin$)/;
type Ranges = Record<string, string>;
type Kind = 'dependencies' | 'devDependencies' | 'optionalDependencies' | 'peerDependencies';

interface Manifest extends Partial<Record<Kind, Ranges>> {
  name: string;
  version: string;
  license: string;
  type: string;
  description: string;
  engines: {node: string};
  exports: Record<string, string | {types: string; default: string}>;
  files: string[];
  scripts: Ranges;
  publishConfig: {access: string};
}

const json = <T>(...path: string[]) => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8')) as T;
const root = json<Manifest>('package.json');
const lock = json<{packages: Record<string, Manifest>}>('package-lock.json');
const version = json<{version: string}>('lerna.json').version;
const folders = readdirSync(join(ROOT, 'packages')).filter(f =>
  existsSync(join(ROOT, 'packages', f, 'package.json')),
);
const manifests = folders.map(
  folder => [folder, json<Manifest>('packages', folder, 'package.json')] as const,
);

const KINDS: Kind[] = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
/** Every range that any package.json requests: [package, kind, dependency, range]. */
const ranges = [['(root)', root] as const, ...manifests].flatMap(([folder, manifest]) =>
  KINDS.flatMap(kind =>
    Object.entries(manifest[kind] ?? {}).map(([name, range]) => [folder, kind, name, range] as const),
  ),
);
const internal = (manifest: Manifest, kinds: Kind[]) =>
  kinds.flatMap(kind => Object.keys(manifest[kind] ?? {})).filter(name => SCOPE.test(name));

const REQUIRED = {
  errors: '@rife-train/errors',
  files: '@rife-train/files',
  core: '@rife-train/core',
  engine: '@rife-train/engine',
  model: '@rife-train/model',
  data: '@rife-train/data',
  dataset: '@rife-train/dataset',
  video: '@rife-train/video',
  parallel: '@rife-train/parallel',
  evaluate: '@rife-train/evaluate',
  testing: '@rife-train/testing',
  'plugin-distill': '@rife-train/plugin-distill',
  'plugin-gradclip': '@rife-train/plugin-gradclip',
  'plugin-gainlimit': '@rife-train/plugin-gainlimit',
  'plugin-recover': '@rife-train/plugin-recover',
  'plugin-ema': '@rife-train/plugin-ema',
  'plugin-curriculum': '@rife-train/plugin-curriculum',
  'plugin-multiscale': '@rife-train/plugin-multiscale',
  'plugin-flownorm': '@rife-train/plugin-flownorm',
  'create-rife-train-plugin': 'create-rife-train-plugin',
  cli: 'rife-train',
};

test.each(Object.entries(REQUIRED))('packages/%s is %s', (folder, name) => {
  expect(Object.fromEntries(manifests.map(([f, m]) => [f, m.name]))).toHaveProperty(folder, name);
});

describe.each(manifests)('packages/%s', (folder, manifest) => {
  test('has the version of lerna.json and the licence and engines of the root', () => {
    expect(manifest).toMatchObject({version, license: root.license, type: 'module', engines: root.engines});
    expect(manifest.description).toMatch(/\S/);
  });

  test('can be published and built', () => {
    expect(manifest).toMatchObject({publishConfig: {access: 'public'}, scripts: {build: 'tsc -b'}});
    expect(manifest.files).toEqual(
      expect.arrayContaining(['dist', '!dist/**/__tests__', '!dist/**/*.tsbuildinfo']),
    );
  });

  test('offers types beside each entry point', () => {
    const {['./package.json']: self, ...entries} = manifest.exports;
    expect(self).toBe('./package.json');
    expect(entries).toHaveProperty(['.']);
    for (const entry of Object.values(entries)) {
      // `types` must come first, or TypeScript does not see it.
      expect(Object.keys(entry)).toEqual(['types', 'default']);
      const {types, default: js} = entry as {types: string; default: string};
      expect(types).toBe(js.replace(/\.js$/, '.d.ts'));
      expect(js).toMatch(/^\.\/dist\/.*\.js$/);
    }
  });

  test('carries the licence and a README', () => {
    const text = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
    expect(text('packages', folder, 'LICENSE')).toBe(text('LICENSE'));
    expect(text('packages', folder, 'README.md')).toMatch(/^# /);
  });

  test('names its siblings by exact version', () => {
    const siblings = ranges.filter(([f, , name]) => f === folder && SCOPE.test(name));
    expect(siblings.filter(([, , , range]) => range !== version)).toEqual([]);
  });

  test('lists nothing both as dependency and as devDependency', () => {
    const dev = Object.keys(manifest.devDependencies ?? {});
    expect(dev.filter(name => name in {...manifest.dependencies, ...manifest.optionalDependencies})).toEqual(
      [],
    );
  });

  test('builds after what it depends on', () => {
    const {references} = json<{references: {path: string}[]}>('packages', folder, 'tsconfig.json');
    const names = references
      .map(({path}) => json<Manifest>('packages', folder, path, 'package.json').name)
      .sort();
    expect(names).toEqual(
      internal(manifest, ['dependencies', 'peerDependencies', 'optionalDependencies']).sort(),
    );
  });
});

test.each(manifests.filter(([folder]) => folder.startsWith('plugin-')))(
  '%s has only peers, and zod for its options',
  (_folder, manifest) => {
    expect(Object.keys(manifest.dependencies ?? {}).filter(name => name !== 'zod')).toEqual([]);
    expect(manifest.optionalDependencies ?? {}).toEqual({});
    const allowed = [
      ...['@rife-train/core', '@rife-train/engine', '@rife-train/model'],
      '@tensorflow/tfjs-core',
    ];
    expect(allowed).toEqual(expect.arrayContaining(Object.keys(manifest.peerDependencies ?? {})));
    expect(manifest.peerDependencies).toHaveProperty(['@rife-train/core']);
  },
);

test('each dependency has one range in the whole workspace, peers one of their own', () => {
  const seen = new Map<string, Set<string>>();
  for (const [, kind, name, range] of ranges) {
    const key = `${kind === 'peerDependencies' ? 'peer ' : ''}${name}`;
    seen.set(key, (seen.get(key) ?? new Set()).add(range));
  }
  const several = [...seen]
    .filter(([, set]) => set.size > 1)
    .map(([key, set]) => `${key}: ${[...set].join(' and ')}`);
  expect(several).toEqual([]);
});

test('tsconfig.json builds every package', () => {
  const {references} = json<{references: {path: string}[]}>('tsconfig.json');
  expect(references.map(({path}) => path).sort()).toEqual(folders.map(folder => `packages/${folder}`).sort());
});

describe('package-lock.json', () => {
  test('names no registry, so that any registry serves', () => {
    const urls = Object.entries(lock.packages as Record<string, {resolved?: string}>);
    expect(urls.filter(([, entry]) => /^(git\+)?https?:/.test(entry.resolved ?? ''))).toEqual([]);
  });

  test.each([['', root] as const, ...manifests.map(([f, m]) => [`packages/${f}`, m] as const)])(
    'is up to date with %p',
    (path, manifest) => {
      const entry = lock.packages[path];
      for (const kind of KINDS) expect(entry?.[kind] ?? {}).toEqual(manifest[kind] ?? {});
    },
  );
});

/**
 * Files that belong in the root. A tool whose settings can be in package.json or in scripts/ needs
 * none here.
 */
const ROOT_FILES = [
  ...['.gitignore', '.npmrc', '.prettierignore', '.prettierrc.json', 'eslint.config.mjs', 'lerna.json'],
  ...['jest.config.mjs', 'jest.slow.config.mjs', 'package.json', 'package-lock.json'],
  ...['tsconfig.json', 'tsconfig.base.json', 'tsconfig.tests.json'],
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md'],
  '.git', // a file in a worktree
];

/**
 * Complaints about files in a root that are not in the list, tracked or not, except those that git
 * ignores.
 */
function strayFiles(folder: string): string[] {
  const entries = readdirSync(folder, {withFileTypes: true}).filter(entry => !entry.isDirectory());
  const unknown = entries.map(({name}) => name).filter(name => !ROOT_FILES.includes(name));
  const options = {cwd: folder, encoding: 'utf8', input: unknown.join('\0')} as const;
  // Without git or outside of a repository nothing is ignored. Names of tracked files are not in
  // the output.
  const {stdout} = spawnSync('git', ['check-ignore', '-z', '--stdin'], options);
  const ignored = new Set(stdout?.split('\0'));
  return unknown
    .filter(name => !ignored.has(name))
    .sort()
    .map(complaint);
}

const complaint = (name: string) =>
  `${JSON.stringify(name)} does not belong in the root: delete it if a command has left it there (a ">" or sed's "w" in a pasted line does that), ` +
  'move it into the folder that it is for, or add it to ROOT_FILES in test/workspace/constraints.test.ts';

describe('the root of the repository', () => {
  test('holds no file that nobody knows', () => {
    expect(strayFiles(ROOT)).toEqual([]);
  });

  test('a stray file is refused, tracked or not; known and ignored ones and folders are not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rife-root-'));
    try {
      const git = (...args: string[]) => execFileSync('git', args, {cwd: folder});
      git('init', '--quiet');
      mkdirSync(join(folder, 'packages'));
      const files = ['hat is tracked#', 'out.txt', 'old.tgz', 'rife-train.tgz', 'package.json'];
      for (const name of files) writeFileSync(join(folder, name), '');
      writeFileSync(join(folder, '.gitignore'), '*.tgz\n');
      git('add', '--force', 'hat is tracked#', 'old.tgz', 'package.json');
      const named = ['"hat is tracked#"', '"old.tgz"', '"out.txt"'];
      expect(strayFiles(folder)).toEqual(
        named.map(name =>
          expect.stringMatching(`^${name} does not belong in the root: delete it .*ROOT_FILES`),
        ),
      );
    } finally {
      rmSync(folder, {recursive: true});
    }
  });
});

/**
 * Content of each package's `npm pack`: the built code with its types, README and licence, and
 * nothing else.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const ROOT = join(__dirname, '../..');

interface Packed {
  name: string;
  files: {path: string}[];
}

function packAll(): Packed[] {
  // `npm test` sets npm's path; Windows can't start `npm` without a shell.
  const npm = process.env['npm_execpath'];
  const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  const args = [...first, 'pack', '--dry-run', '--json', '--workspaces', '--ignore-scripts'];
  return JSON.parse(
    execFileSync(command, args, {cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']}),
  );
}

const packed = packAll();
const folderOf = (name: string) =>
  join(ROOT, 'packages', name === 'rife-train' ? 'cli' : name.replace(/^.*\//, ''));

test('all packages were packed', () => {
  expect(packed.length).toBeGreaterThanOrEqual(13);
});

describe.each(packed.map(({name, files}) => [name, files.map(file => file.path)] as const))(
  '%s',
  (name, paths) => {
    const folder = folderOf(name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      exports: Record<string, string | Record<string, string>>;
      bin?: Record<string, string>;
    };

    test('holds code, types, assets, README, LICENSE and package.json alone', () => {
      const wanted =
        /^(dist\/.*\.(js|d\.ts)|assets\/(README\.md|\w+\.png)|web\/\w+\.(js|css|html)|template\/.*\.tmpl|native\/\w+\.(cc|h)|bin\/[\w-]+\.js|README\.md|LICENSE|package\.json)$/;
      expect(
        paths.filter(
          path =>
            !wanted.test(path) || (!/\.tmpl$/.test(path) && /__tests__|__fixtures__|\.test\./.test(path)),
        ),
      ).toEqual([]);
      expect(paths).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']));
    });

    test('holds every entry point and command', () => {
      const entries = Object.values(manifest.exports).flatMap(entry =>
        typeof entry === 'string' ? [entry] : Object.values(entry),
      );
      const targets = [...entries, ...Object.values(manifest.bin ?? {})].map(path =>
        path.replace(/^\.\//, ''),
      );
      expect(paths).toEqual(expect.arrayContaining(targets));
    });

    test('has types for each module', () => {
      const modules = paths.filter(path => /^dist\/.*\.js$/.test(path));
      expect(paths).toEqual(expect.arrayContaining(modules.map(path => path.replace(/\.js$/, '.d.ts'))));
    });

    test('holds no module whose source is gone', () => {
      const modules = paths.filter(path => /^dist\/.*\.js$/.test(path));
      const sourceOf = (path: string) => join(folder, path.replace(/^dist/, 'src').replace(/\.js$/, '.ts'));
      expect(modules.filter(path => !existsSync(sourceOf(path)))).toEqual([]);
    });
  },
);

test('the templates of a new plugin are published, dotfiles and all', () => {
  const {files} = packed.find(({name}) => name === 'create-rife-train-plugin')!;
  const paths = files.map(({path}) => path);
  for (const file of ['package.json', '.gitignore', 'LICENSE', 'README.md', 'src/__tests__/plugin.test.ts'])
    expect(paths).toContain(`template/${file}.tmpl`);
});

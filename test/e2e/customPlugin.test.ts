/**
 * Plugins of third parties, from packed tarballs in an empty folder outside of the workspace: the example, one that
 * `create-rife-train-plugin` wrote, and one that brings a core of its own.
 */
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {EXAMPLE, npmLater, Outsider, registryProblem} from './outsider.js';
import {CLIPS, ROOT} from './support.js';

const problem = registryProblem();
if (problem !== undefined) console.log(`customPlugin.test.ts is skipped: ${problem}`);

const TOOLS = ['jest', '@jest/globals', 'typescript', '@types/node'].map(name => {
  const {version} = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as {
    version: string;
  };
  return `${name}@${version}`;
});
const OWN = ['errors', 'core', 'engine', 'model', 'data', 'parallel', 'testing', 'plugin-gradclip'];

const config = (head: string, plugins: string) => `import {defineConfig} from 'rife-train';
${head}
export default defineConfig({
  data: {root: ${JSON.stringify(CLIPS)}, crop: 64, batch: 1, workers: 1},
  model: {widths: [16, 12, 8]},
  steps: 2,
  out: 'run',
  previewEvery: 0,
  plugins: [${plugins}],
});
`;

(problem === undefined ? describe : describe.skip)('outside of the workspace', () => {
  let outside: Outsider;

  beforeAll(() => {
    outside = new Outsider();
    outside.pack(ROOT, '--workspaces');
    outside.install(
      ...OWN.map(name => outside.tarball(`rife-train-${name}`)),
      outside.tarball('rife-train'),
      outside.tarball('create-rife-train-plugin'),
      ...TOOLS,
    );
  });
  afterAll(() => outside.remove());

  test('the example, and a package that create-rife-train-plugin wrote, build and pass the conformance kit', async () => {
    const created = outside.npx('create-rife-train-plugin', '@you/soft-start', 'soft-start');
    expect(created).toMatchObject({code: 0, stdout: expect.stringContaining('npm install')});
    outside.linkModules(join(outside.site, 'soft-start'));
    const folders = [outside.adopt(EXAMPLE, 'smooth-flow'), join(outside.site, 'soft-start')];
    const tested = await Promise.all(folders.map(folder => npmLater(folder, 'test')));
    for (const {stdout, stderr} of tested) {
      expect(stderr).toMatch(/✓ resumes exactly/);
      expect(`${stdout}${stderr}`).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
    }
    for (const folder of folders) outside.pack(folder);
  });

  test('both are installed beside rife-train, listed, shown and trained with', () => {
    outside.install(
      outside.tarball('rife-train-plugin-smooth-flow'),
      outside.tarball('you-rife-train-plugin-soft-start'),
    );
    outside.write(
      'rife.config.ts',
      config(
        `import {smoothFlow} from 'rife-train-plugin-smooth-flow';
         import {softStart} from '@you/rife-train-plugin-soft-start';`,
        'softStart(), smoothFlow({weight: 0.01})',
      ),
    );
    const shown = outside.npx('rife-train', 'plugins', '--json');
    expect({code: shown.code, stderr: shown.stderr}).toMatchObject({code: 0});
    const report = JSON.parse(shown.stdout) as {
      graph: {plugins: {plugin: string; added: {stepNodes: number}}[]};
    };
    expect(report.graph.plugins.map(({plugin}) => plugin)).toEqual(['you:soft-start', 'example:smooth-flow']);
    expect(report.graph.plugins[1]!.added.stepNodes).toBeGreaterThan(20);

    const trained = outside.npx('rife-train', 'train');
    expect({code: trained.code, stderr: trained.stderr}).toMatchObject({code: 0});
    const lines = readFileSync(join(outside.site, 'run/metrics.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      const {logs, terms, updated} = JSON.parse(line) as Record<string, Record<string, number> | boolean>;
      expect(updated).toBe(true);
      expect(logs).toMatchObject({'soft-start/factor': 1});
      const {'smooth-flow/roughness': roughness} = logs as Record<string, number>;
      expect(roughness).toBeGreaterThan(0);
      expect((terms as Record<string, number>)['smoothFlow']).toBeCloseTo(roughness!, 6);
    }
  });

  test('a plugin that brings a core of its own is refused, and both cores are named', () => {
    installBundling(outside);
    outside.write(
      'rife.config.ts',
      config("import {bundling} from 'rife-train-plugin-bundling';", 'bundling()'),
    );
    for (const command of ['plugins', 'train']) {
      const {code, stderr} = outside.npx('rife-train', command);
      expect({code, stderr}).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Code: RIFE_ERR_PLUGIN_TWO_CORES (see docs/errors/plugins.md#'),
      });
      expect(stderr).toContain('Plugin "test:bundling"');
      expect(stderr).toContain('rife-train-plugin-bundling/node_modules/@rife-train/core/');
      expect(stderr).toContain('/site/node_modules/@rife-train/core/');
    }
  });
});

/** Packs and installs a plugin with core in its bundledDependencies. */
function installBundling(outside: Outsider): void {
  const folder = mkdtempSync(join(tmpdir(), 'rife-bundling-'));
  try {
    const manifest = {
      name: 'rife-train-plugin-bundling',
      version: '0.1.0',
      type: 'module',
      exports: './index.js',
      dependencies: {'@rife-train/core': '0.1.0'},
      bundledDependencies: ['@rife-train/core'],
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(
      join(folder, 'index.js'),
      `import {definePlugin} from '@rife-train/core';
       export const bundling = () => definePlugin({name: 'test:bundling', apply() {}});`,
    );
    const core = join(folder, 'node_modules/@rife-train/core');
    mkdirSync(core, {recursive: true});
    cpSync(join(outside.site, 'node_modules/@rife-train/core'), core, {recursive: true});
    outside.pack(folder);
    outside.install(outside.tarball('rife-train-plugin-bundling'));
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

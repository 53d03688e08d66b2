/**
 * Third-party plugins, from packed tarballs in an empty folder outside the workspace: the example,
 * one that `create-rife-train-plugin` wrote, and one with its own copy of core.
 */
import {cpSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Ended, EXAMPLE, EXAMPLE_NETWORK, npm, Outsider} from './outsider.js';
import {CLIPS, ROOT} from './support.js';

const FRAMES = join(ROOT, 'packages/data/src/__tests__/fixtures/clip128');

const TOOLS = ['jest', '@jest/globals', 'typescript', '@types/node'];
const OWN = [
  ...['errors', 'files', 'core', 'engine', 'model', 'data', 'dataset', 'parallel', 'testing'],
  'plugin-gradclip',
];

const config = (
  head: string,
  plugins: string,
  model = 'model: {widths: [16, 12, 8]}',
  out = 'run',
) => `import {defineConfig} from 'rife-train';
${head}
export default defineConfig({
  data: {root: ${JSON.stringify(CLIPS)}, crop: 64, batch: 1, workers: 1},
  ${model},
  steps: 2,
  out: '${out}',
  previewEvery: 0,
  plugins: [${plugins}],
});
`;

describe('outside of the workspace', () => {
  let outside: Outsider;
  let created: Ended;
  /** `npm test` of the created package, and of the example. */
  let tested: Ended[];

  beforeAll(async () => {
    outside = new Outsider();
    await outside.pack(ROOT, '--workspaces');
    outside.install(...OWN.map(name => `rife-train-${name}`), 'rife-train', 'create-rife-train-plugin');
    outside.link(...TOOLS);
    created = outside.run('create-rife-train-plugin', '@you/soft-start', 'soft-start');
    const folders = [
      outside.linkModules(join(outside.site, 'soft-start')),
      outside.adopt(EXAMPLE, 'smooth-flow'),
    ];
    tested = await Promise.all(folders.map(folder => npm(folder, 'test')));
    await outside.pack(outside.site, './soft-start', './smooth-flow', writeBundling(outside));
    outside.install('rife-train-plugin-smooth-flow', 'you-rife-train-plugin-soft-start');
    outside.install('rife-train-plugin-bundling');
  });
  afterAll(() => outside.remove());

  test('the example, and a package that create-rife-train-plugin wrote, build and pass the conformance kit', () => {
    expect(created).toMatchObject({code: 0, stdout: expect.stringContaining('npm install')});
    for (const {stdout, stderr} of tested) {
      expect(stderr).toMatch(/✓ resumes exactly/);
      expect(`${stdout}${stderr}`).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
    }
  });

  test('both are installed beside rife-train, listed, shown and trained with', () => {
    outside.write(
      'rife.config.ts',
      config(
        `import {smoothFlow} from 'rife-train-plugin-smooth-flow';
         import {softStart} from '@you/rife-train-plugin-soft-start';`,
        'softStart(), smoothFlow({weight: 0.01})',
      ),
    );
    const shown = outside.run('rife-train', 'plugins', '--json');
    expect({code: shown.code, stderr: shown.stderr}).toMatchObject({code: 0});
    const report = JSON.parse(shown.stdout) as {
      graph: {plugins: {plugin: string; added: {stepNodes: number}}[]};
    };
    expect(report.graph.plugins.map(({plugin}) => plugin)).toEqual(['you:soft-start', 'example:smooth-flow']);
    expect(report.graph.plugins[1]!.added.stepNodes).toBeGreaterThan(20);

    const trained = outside.run('rife-train', 'train');
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

  test('a network of a third party is built, installed, trained, and predicts', async () => {
    const folder = outside.adopt(EXAMPLE_NETWORK, 'quarter-flow');
    await npm(folder, 'run', 'build');
    await outside.pack(outside.site, './quarter-flow');
    outside.install('rife-train-network-quarter-flow');
    const head = "import {quarterFlow} from 'rife-train-network-quarter-flow';";
    const model = "networks: [quarterFlow], model: {name: 'QuarterFlow', width: 8}";
    outside.write('rife.config.ts', config(head, '', model, 'network-run'));
    const trained = outside.run('rife-train', 'train');
    expect({code: trained.code, stderr: trained.stderr}).toMatchObject({code: 0});
    const lines = readFileSync(join(outside.site, 'network-run/metrics.jsonl'), 'utf8').trimEnd().split('\n');
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({updated: true});

    const frames = [0, 1].map(i => join(FRAMES, `000${i}.png`));
    const predict = (...more: string[]) =>
      outside.run(
        'rife-train',
        'predict',
        ...frames,
        '--weights',
        'network-run',
        '--out',
        'between.png',
        ...more,
      );
    expect(predict('--config', 'rife.config.ts')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('QuarterFlow, scales 1'),
    });
    expect(existsSync(join(outside.site, 'between.png'))).toBe(true);
    expect(predict()).toMatchObject({code: 2, stderr: expect.stringContaining('RIFE_ERR_MODEL_UNKNOWN')});
  });

  test('a plugin that brings a core of its own is refused, and both cores are named', () => {
    outside.write(
      'rife.config.ts',
      config("import {bundling} from 'rife-train-plugin-bundling';", 'bundling()'),
    );
    for (const command of ['plugins', 'train']) {
      const {code, stderr} = outside.run('rife-train', command);
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

/** Writes a plugin with core in its bundledDependencies; returns its folder. */
function writeBundling({site}: Outsider): string {
  const folder = join(site, 'bundling');
  const core = join(folder, 'node_modules/@rife-train/core');
  mkdirSync(core, {recursive: true});
  cpSync(join(site, 'node_modules/@rife-train/core'), core, {recursive: true});
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
  return './bundling';
}

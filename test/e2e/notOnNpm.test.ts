/**
 * Installing as described while the packages are not on npm, from an empty folder. A registry of
 * our own has stand-ins for all dependencies, but not the packages themselves, as npm.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {npm} from './outsider.js';
import {ROOT, runCli} from './support.js';

interface Manifest {
  name: string;
  version: string;
}

const root = mkdtempSync(join(tmpdir(), 'rife-route-'));
const tarballs = join(root, 'tarballs');
const asked: string[] = [];
let server: Server;
let registry: string;

const MODULES = ['.', ...readdirSync(join(ROOT, 'packages')).map(name => `packages/${name}`)];

/** Versions of a package in the workspace, maybe several; our own are on no registry. */
function known(name: string): Manifest[] {
  if (/^@rife-train\/|rife-train/.test(name)) return [];
  return MODULES.map(folder => join(ROOT, folder, 'node_modules', name, 'package.json'))
    .filter(file => existsSync(file))
    .map(file => JSON.parse(readFileSync(file, 'utf8')) as Manifest);
}

/** An empty package of that name and version. */
function standIn({name, version}: Manifest): Buffer {
  const folder = mkdtempSync(join(root, 'stand-in-'));
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package/package.json'), JSON.stringify({name, version}));
  return execFileSync('tar', ['-czf', '-', '-C', folder, 'package']);
}

beforeAll(async () => {
  server = createServer(({url = ''}, response) => {
    const [, name = '', , version] = /^\/(.+?)(\/-\/(.+)\.tgz)?$/.exec(decodeURIComponent(url)) ?? [];
    asked.push(name);
    const found = known(name);
    if (found.length === 0) return void response.writeHead(404).end('{}');
    if (version) return void response.end(standIn({name, version}));
    const versions = found.map(manifest => {
      const dist = {tarball: `${registry}${name}/-/${manifest.version}.tgz`};
      return [manifest.version, {name, version: manifest.version, dist}] as const;
    });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({name, 'dist-tags': {}, versions: Object.fromEntries(versions)}));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  execFileSync(process.execPath, [join(ROOT, 'scripts/tarballs.mjs'), tarballs]);
}, 60_000);
afterAll(() => {
  server.close();
  rmSync(root, {recursive: true, force: true});
});

/** Runs `npm install ... <clone>/tarballs/*.tgz` as a shell would. */
async function install(folder: string, command: string): Promise<void> {
  const [, flags, path] = /^ *npm install (--no-save )?(\S+)\/tarballs\/\*\.tgz$/.exec(command)!;
  expect(path).toBe(ROOT);
  const files = readdirSync(tarballs).map(name => join(tarballs, name));
  const quick = ['--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(root, 'cache')];
  await npm(folder, 'install', ...(flags ? [flags.trim()] : []), ...files, '--registry', registry, ...quick);
}

const own = (folder: string) =>
  existsSync(join(folder, 'node_modules/@rife-train/core/dist/index.js')) &&
  existsSync(join(folder, 'node_modules/@rife-train/testing/dist/index.js'));

test('in an empty folder, and in what create-plugin wrote, the commands install what npm does not have', async () => {
  const folder = join(root, 'empty');
  mkdirSync(folder);
  await install(folder, `npm install ${ROOT}/tarballs/*.tgz`);
  expect(own(folder)).toBe(true);
  expect(existsSync(join(folder, 'node_modules/rife-train/bin/rife-train.js'))).toBe(true);

  const {code, stdout} = await runCli(root, ['create-plugin', 'soft-start', 'plugin']);
  expect(code).toBe(0);
  const plugin = join(root, 'plugin');
  const before = readFileSync(join(plugin, 'package.json'), 'utf8');
  await install(
    plugin,
    stdout.split('\n').find(line => line.includes('npm install'))!,
  );
  expect(own(plugin)).toBe(true);
  expect(readFileSync(join(plugin, 'package.json'), 'utf8')).toBe(before);
  expect(stdout).toContain(`npm run tarballs --prefix ${ROOT}`);
  expect(asked).toContain('zod');
}, 120_000);

test('a configuration that lacks rife-train reports the same commands', async () => {
  const folder = join(root, 'misses');
  mkdirSync(folder);
  writeFileSync(join(folder, 'rife.config.mjs'), "import 'rife-train';\nexport default {};\n");
  const {code, stderr} = await runCli(folder, ['train']);
  expect({code, stderr}).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('RIFE_ERR_CLI_CONFIG_LOAD'),
  });
  expect(stderr).toContain(`npm run tarballs --prefix ${ROOT} && npm install ${ROOT}/tarballs/*.tgz`);
});

/**
 * Makes a fresh clone ready: dependencies, build, native engine. Does only what is missing, and says what and why;
 * when nothing is missing it says nothing. Uses nothing but Node.
 */
import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {isMain, runMain, runNode, runNpm, ScriptError} from './run.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAMP = join(ROOT, 'node_modules/.rife-setup');

const say = line => console.log(`setup: ${line}`);
const seconds = since => `${((Date.now() - since) / 1000).toFixed(0)} s`;
const readJson = path => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);

const stamp = () => readJson(STAMP) ?? {};
const setStamp = values => writeFileSync(STAMP, JSON.stringify({...stamp(), ...values}));

/** The same bounds as `engines` in package.json: tfjs-node 4.22 needs what Node 23 took away. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12)) return;
  throw new ScriptError(
    `This is Node ${version}, but rife-train needs Node 20 (20.19 or newer) or Node 22 (22.12 or newer).`,
    'install one of them (https://nodejs.org, or "nvm install 22") and run the command again',
  );
}

/**
 * Does node_modules hold what package-lock.json asks for? npm keeps a lock file of what it installed; optional packages may
 * be absent from it, the others must be there in the same version.
 */
export function installedMatches(lock, installed) {
  if (!installed) return false;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (!path.includes('node_modules/') || wanted.optional) return true;
    const found = installed.packages[path];
    return found !== undefined && found.version === wanted.version && found.link === wanted.link;
  });
}

function whyInstall(lockText) {
  if (!existsSync(join(ROOT, 'node_modules'))) return 'node_modules is missing';
  const installed = readJson(join(ROOT, 'node_modules/.package-lock.json'));
  if (!installedMatches(JSON.parse(lockText), installed))
    return 'node_modules is older than package-lock.json';
  return undefined;
}

function installDependencies() {
  const lockText = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const lock = createHash('sha256').update(lockText).digest('hex');
  if (existsSync(join(ROOT, 'node_modules')) && stamp().lock === lock) return;
  const why = whyInstall(lockText);
  if (why !== undefined) {
    say(`installing the dependencies with "npm ci", because ${why}`);
    const started = Date.now();
    // The build needs the devDependencies, whatever NODE_ENV says.
    if (runNpm(['ci', '--include=dev', '--loglevel=error'], {cwd: ROOT}) !== 0) {
      throw new ScriptError(
        '"npm ci" failed; its own message is above.',
        'check that "npm ping" reaches a registry and that the disk is not full, and run the command again',
      );
    }
    say(`dependencies installed in ${seconds(started)}`);
  }
  setStamp({lock});
}

const packageFolders = () =>
  readdirSync(join(ROOT, 'packages'))
    .map(name => join(ROOT, 'packages', name))
    .filter(folder => existsSync(join(folder, 'tsconfig.json')));

/** All files below a folder, absolute; none when it does not exist. */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, {withFileTypes: true, recursive: true})
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name));
}

/** Changes whenever a source, a package.json or a tsconfig.json changes, comes or goes. */
function sourceFingerprint(folders) {
  const settings = folders.flatMap(folder => [join(folder, 'tsconfig.json'), join(folder, 'package.json')]);
  const sources = folders
    .flatMap(folder => filesIn(join(folder, 'src')))
    .filter(f => !f.includes('__tests__'));
  const hash = createHash('sha256');
  for (const file of [
    join(ROOT, 'tsconfig.base.json'),
    join(ROOT, 'tsconfig.json'),
    ...settings,
    ...sources,
  ].sort()) {
    const {mtimeMs, size} = statSync(file);
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** tsc leaves the output of a removed source where it is; it would be tested and published. */
function pruneOutputs(folder) {
  for (const file of filesIn(join(folder, 'dist'))) {
    const source = file.replace(join(folder, 'dist'), join(folder, 'src')).replace(/(\.d\.ts|\.js)$/, '.ts');
    if (/(\.d\.ts|\.js)$/.test(file) && !existsSync(source)) rmSync(file);
  }
}

function build() {
  const folders = packageFolders();
  const sources = sourceFingerprint(folders);
  const missing = folders.filter(folder => !existsSync(join(folder, 'dist/index.js')));
  if (missing.length === 0 && stamp().sources === sources) return;
  say(
    `building the packages with "tsc -b", because ${missing.length > 0 ? 'dist is missing' : 'sources changed'}`,
  );
  const started = Date.now();
  // Without output the incremental state is worth nothing: it would say that all is done.
  for (const folder of missing) rmSync(join(folder, 'dist'), {recursive: true, force: true});
  folders.forEach(pruneOutputs);
  if (runNode([join(ROOT, 'node_modules/typescript/bin/tsc'), '-b'], {cwd: ROOT}) !== 0) {
    throw new ScriptError(
      'The build failed; the compiler names file and line above.',
      'correct it and run the command again',
    );
  }
  setStamp({sources});
  say(`built in ${seconds(started)}`);
}

/** In a process of its own: what it loads must not weigh on the one that trains. */
function prepareEngine() {
  if (runNode([join(ROOT, 'scripts/engine.mjs')], {cwd: ROOT}) !== 0) {
    throw new ScriptError(
      'The native TensorFlow engine is not ready; the reason is above.',
      'follow it, then run the command again; "npx rife-train doctor" shows every candidate',
    );
  }
}

/** Everything that `npm start` and `npm test` need. */
export function setup() {
  checkNode();
  installDependencies();
  build();
  prepareEngine();
}

if (isMain(import.meta.url)) await runMain(() => setup());

/**
 * Prepares a fresh clone: dependencies, build, native engine. Does only what is missing, and
 * reports what, why and the progress; prints nothing if nothing is missing. Uses only Node.
 */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {alone} from './alone.mjs';
import {follow, followNpm, isMain, runMain, runNode, ScriptError} from './run.mjs';
import {createStatus} from './status.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENGINE = join(ROOT, 'scripts/engine.mjs');
const STAMP = join(ROOT, 'node_modules/.rife-setup');

const LOOK_MS = 500;

/** A line of another program, for the reader. */
function pass(status, line, stream) {
  status.clear();
  stream.write(`${line}\n`);
}

const seconds = since => `${((Date.now() - since) / 1000).toFixed(0)} s`;

/** A JSON file that another run may have left torn: undefined then, as where there is none. */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) ?? undefined;
  } catch {
    return undefined;
  }
}

const stamp = () => readJson(STAMP) ?? {};

/** Remembers what is done. The stamp only saves time: without it, the next run looks again. */
function setStamp(values) {
  const aside = `${STAMP}.${process.pid}`;
  try {
    writeFileSync(aside, JSON.stringify({...stamp(), ...values}));
    renameSync(aside, STAMP);
  } catch {
    rmSync(aside, {force: true});
  }
}

/** The same range as `engines` in package.json: tfjs-node 4.22 needs what Node 23 removed. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12)) return;
  throw new ScriptError(
    `This is Node ${version}, but rife-train needs Node 20 (20.19 or newer) or Node 22 (22.12 or newer).`,
    'install one of them (https://nodejs.org, or "nvm install 22") and run the command again',
  );
}

/** Folders that npm must create; optional packages may be absent. */
const requiredPackages = lock =>
  Object.entries(lock.packages).filter(
    ([path, wanted]) => path.includes('node_modules/') && !wanted.optional,
  );

/**
 * Whether node_modules matches package-lock.json. npm keeps a lock file of what it installed;
 * optional packages may be absent from it, the others must have the same version.
 */
export function installedMatches(lock, installed) {
  if (!installed?.packages) return false;
  return requiredPackages(lock).every(([path, wanted]) => {
    const found = installed.packages[path];
    return found !== undefined && found.version === wanted.version && found.link === wanted.link;
  });
}

function whyInstall(lock) {
  if (!existsSync(join(ROOT, 'node_modules'))) return 'node_modules is missing';
  const installed = readJson(join(ROOT, 'node_modules/.package-lock.json'));
  return installedMatches(lock, installed) ? undefined : 'node_modules is older than package-lock.json';
}

/** The step that installs the dependencies; none if they are installed. */
function dependenciesStep() {
  const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(text).digest('hex');
  if (existsSync(join(ROOT, 'node_modules')) && stamp().lock === hash) return undefined;
  const lock = JSON.parse(text);
  const why = whyInstall(lock);
  if (why === undefined) {
    setStamp({lock: hash});
    return undefined;
  }
  const paths = requiredPackages(lock).map(([path]) => join(ROOT, path, 'package.json'));
  return {
    name: `dependencies (${paths.length} packages)`,
    title: `installing the dependencies with "npm ci", because ${why}`,
    async run(status, inherits) {
      await install(status, paths, inherits);
      setStamp({lock: hash});
    },
  };
}

async function install(status, paths, inherits) {
  const started = Date.now();
  const look = () =>
    status.show(`${paths.filter(existsSync).length} of ${paths.length} packages, ${seconds(started)}`);
  const timer = setInterval(look, LOOK_MS);
  const onLine = (line, stream) => pass(status, line, stream);
  // The build needs the devDependencies, whatever NODE_ENV says. npm's own progress would be drawn
  // over ours.
  const args = ['ci', '--include=dev', '--loglevel=error', '--no-progress'];
  const code = await followNpm(args, {cwd: ROOT, onLine, inherits}).finally(() => clearInterval(timer));
  status.clear();
  if (code !== 0) {
    throw new ScriptError(
      '"npm ci" failed; its own message is above.',
      'check that "npm ping" reaches a registry and that the disk is not full, and run the command again',
    );
  }
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

/** Changes whenever a source, a package.json or a tsconfig.json is changed, added or removed. */
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

/** tsc keeps the output of a removed source; it would be tested and published. */
function pruneOutputs(folder) {
  for (const file of filesIn(join(folder, 'dist'))) {
    const source = file.replace(join(folder, 'dist'), join(folder, 'src')).replace(/(\.d\.ts|\.js)$/, '.ts');
    if (/(\.d\.ts|\.js)$/.test(file) && !existsSync(source)) rmSync(file);
  }
}

/**
 * The step that builds the packages; none if no source is newer. New dependencies may include new
 * types and another compiler.
 */
function buildStep(isNew) {
  const folders = packageFolders();
  const sources = sourceFingerprint(folders);
  const missing = folders.filter(folder => !existsSync(join(folder, 'dist/index.js')));
  if (!isNew && missing.length === 0 && stamp().sources === sources) return undefined;
  const why = missing.length > 0 ? 'dist is missing' : isNew ? 'the dependencies are new' : 'sources changed';
  return {
    name: missing.length > 0 ? `build (${missing.length} packages)` : 'build',
    title: `building the packages with "tsc -b", because ${why}`,
    async run(status, inherits) {
      // Without output the incremental state must go: it would report that all is done.
      for (const folder of missing) rmSync(join(folder, 'dist'), {recursive: true, force: true});
      folders.forEach(pruneOutputs);
      await build(status, inherits);
      setStamp({sources});
    },
  };
}

/**
 * Meaning of a line of `tsc -b --verbose`: a package of the list at the start, the package that is
 * being built, or neither. Undefined for lines that are not about progress: these are for the
 * reader.
 */
export function readBuildLine(line) {
  const listed = /^ {4}\* (?:packages\/([^/]+)\/)?tsconfig\.json$/.exec(line);
  if (listed) return {listed: listed[1]};
  // The time, as the user's language writes it, is in brackets with --pretty, and before a dash
  // without.
  if (!/^(?:\[.*\d.*\]|[^'"]{0,12}\d[^'"]{0,20} -) (?:Projects? |Building |Updating |Skipping )/u.test(line))
    return undefined;
  return {building: /Building project '.*packages\/([^/]+)\/tsconfig\.json'/.exec(line)?.[1]};
}

async function build(status, inherits) {
  const packages = [];
  let isHidden = false;
  const onLine = (line, stream) => {
    const progress = readBuildLine(line);
    const {listed, building} = progress ?? {};
    if (listed) packages.push(listed);
    if (building)
      status.show(`build step ${packages.indexOf(building) + 1} of ${packages.length}: ${building}`);
    // tsc prints an empty line after its progress.
    if (!progress && !(isHidden && line === '')) pass(status, line, stream);
    isHidden = progress !== undefined;
  };
  const args = ['-b', '--verbose', ...(process.stdout.isTTY ? ['--pretty'] : [])];
  const code = await follow(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args], {
    cwd: ROOT,
    onLine,
    inherits,
  });
  status.clear();
  if (code !== 0) {
    throw new ScriptError(
      'The build failed; the compiler names file and line above.',
      'correct it and run the command again',
    );
  }
}

/** What the engine will have to do; an engine script that is not built, or is old, can't say. */
function plannedEngine() {
  const {status, stdout} = spawnSync(process.execPath, [ENGINE, '--plan'], {cwd: ROOT, encoding: 'utf8'});
  if (status === 0) return stdout;
  return 'TensorFlow (about 280 MB to fetch, 3.5 GB for an NVIDIA GPU; nothing if it is installed already)';
}

/** In a process of its own: the training process should not carry what it loads. */
function prepareEngine(number, total) {
  if (runNode([ENGINE, String(number), String(total)], {cwd: ROOT}) !== 0) {
    throw new ScriptError(
      'The native TensorFlow engine is not ready; the reason is above.',
      'follow it, then run the command again; "npx rife-train doctor" shows every candidate',
    );
  }
}

/** The steps before the engine that are not done yet. */
function missingSteps() {
  const dependencies = dependenciesStep();
  return [dependencies, buildStep(dependencies !== undefined)].filter(Boolean);
}

/** Runs the missing steps. Returns the number of the engine's step, and how many were planned. */
async function runSteps(status, inherits) {
  const steps = missingSteps();
  const planned = steps.length > 0 && plannedEngine();
  const names = [...steps.map(({name}) => name), planned].filter(Boolean);
  if (names.length > 1) status.say(`${names.length} steps to do: ${names.join(', ')}`);
  for (const [index, {title, run}] of steps.entries()) {
    const which = `step ${index + 1} of ${names.length}`;
    status.say(`${which}: ${title}`);
    const started = Date.now();
    await run(status, inherits);
    status.say(`${which} done in ${seconds(started)}`);
  }
  return [steps.length + 1, names.length];
}

/** Everything that `npm start` and `npm test` need. */
export async function setup() {
  checkNode();
  const status = createStatus('setup: ');
  const waiting = () => status.say('waiting for another set-up of this folder');
  const isDone = missingSteps().length === 0;
  const [number, total] = isDone ? [1, 0] : await alone(ROOT, waiting, fd => runSteps(status, fd));
  prepareEngine(number, total);
}

if (isMain(import.meta.url)) await runMain(() => setup());

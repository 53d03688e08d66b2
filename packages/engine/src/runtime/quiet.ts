/** Suppresses TensorFlow's messages about its processor, its graphs, and oneDNN. */
import {createHash, randomUUID} from 'node:crypto';
import {existsSync, readFileSync, renameSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {runInThisContext} from 'node:vm';
import {makeFolder} from '@rife-train/files';
import {findCompiler} from './binding.js';
import {exec} from './exec.js';
import {type Host, thisHost} from './host.js';
import {FRAMEWORK_LIBRARY} from './layout.js';
import {readSettings} from './settings.js';

const require = createRequire(import.meta.url);
const SOURCE = fileURLToPath(new URL('../../native/quietLoad.cc', import.meta.url));
const WARNINGS = '2';

/**
 * Shows only warnings and errors, unless the user wants more. TensorFlow reads the variable once,
 * when its library is loaded, from the environment of the process. Jest gives tests a copy of that
 * environment, which native code never sees. Returns the level in effect.
 */
function setLogLevel(): string {
  const {env} = runInThisContext('process') as NodeJS.Process;
  env['TF_CPP_MIN_LOG_LEVEL'] ??= process.env['TF_CPP_MIN_LOG_LEVEL'] ?? WARNINGS;
  return env['TF_CPP_MIN_LOG_LEVEL'];
}

/** The loader, compiled once for each version of its source; undefined if that fails. */
async function loader(host: Host): Promise<string | undefined> {
  const key = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 10);
  const folder = join(readSettings(host).cache, 'quiet');
  const file = join(folder, `${key}-${host.platform}-${host.arch}.node`);
  if (existsSync(file)) return file;
  const [program, ...leading] = findCompiler(host) ?? [];
  const headers = host.packageFolder('node-api-headers');
  if (!program || !headers) return undefined;
  makeFolder(folder);
  const aside = `${file}.${randomUUID()}`;
  const flags = ['-std=c++17', '-O1', '-fPIC', '-shared', `-I${join(headers, 'include')}`];
  const {code} = await exec(program, [...leading, ...flags, SOURCE, '-ldl', '-o', aside], {env: host.env});
  if (code === 0) renameSync(aside, file);
  else rmSync(aside, {force: true});
  return code === 0 ? file : undefined;
}

/**
 * Prepares the process for a binding that is about to be loaded. The lines about oneDNN are printed
 * while TensorFlow's library is loaded, whatever its log level. So the library is loaded here, with
 * standard error closed for that moment. If that fails, the lines appear, and nothing else changes.
 */
export async function quietTensorFlow(binding: string): Promise<void> {
  if (setLogLevel() < WARNINGS) return;
  const library = join(dirname(binding), FRAMEWORK_LIBRARY);
  if (process.platform !== 'linux' || !existsSync(library)) return;
  try {
    const file = await loader(thisHost());
    if (file) (require(file) as {load(path: string): boolean}).load(library);
  } catch {
    // If the cache can't be written or the compiler fails, the cost is two more lines.
  }
}

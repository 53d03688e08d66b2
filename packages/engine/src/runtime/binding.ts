/** Compiles tfjs-node's native binding against a TensorFlow, and tests bindings. */
import {readdirSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {
  engineCompileError,
  engineLoadError,
  engineNoCompilerError,
  engineSpaceError,
} from '@rife-train/errors';
import {copyBindingSource} from './bindingSource.js';
import {saysDiskFull} from './cacheErrors.js';
import {exec} from './exec.js';
import {type Host, reportElapsed, which} from './host.js';
import {CC_LIBRARY, FRAMEWORK_LIBRARY} from './layout.js';
import type {TfjsNode} from './tfjsNode.js';

/** `$CXX` (which may carry arguments, as in `ccache g++`), else the first of the usual ones. */
export function findCompiler(host: Host): string[] | undefined {
  const asked = host.env['CXX']?.trim().split(/\s+/).filter(Boolean) ?? [];
  const names = asked.length ? [asked[0]!] : ['g++', 'c++', 'clang++'];
  const program = names.map(name => which(host.env, name)).find(Boolean);
  return program ? [program, ...asked.slice(1)] : undefined;
}

/** @throws RIFE_ERR_ENGINE_NO_COMPILER */
export function requireCompiler(host: Host): string[] {
  const compiler = findCompiler(host);
  if (!compiler) throw engineNoCompilerError(host.env['CXX']);
  return compiler;
}

export interface BindingBuild {
  tfjsNode: TfjsNode;
  /** Folder with the two libraries. */
  libraries: string;
  /** Folder with `tensorflow/c/c_api.h` in it. */
  headers: string;
  /** File to write. */
  output: string;
  /** Where the binding looks for the libraries: `$ORIGIN` if they are beside it. */
  rpath: string;
}

/** Our own kernels, in the folder beside `src` and `dist`. */
const OWN_KERNELS = [
  'channels.cc',
  'conv3x3.cc',
  'optimizer.cc',
  'rifeOps.cc',
  'sharedFiles.cc',
  'tf32.cc',
].map(name => fileURLToPath(new URL(`../../native/${name}`, import.meta.url)));

/**
 * Compiles the binding, with our own kernels if TensorFlow's headers allow it. Without them a
 * program works, but slower.
 * @throws RIFE_ERR_ENGINE_COMPILE with the compiler's last lines, RIFE_ERR_ENGINE_NO_COMPILER
 */
export async function compileBinding(host: Host, build: BindingBuild): Promise<void> {
  const [program, ...leading] = requireCompiler(host) as [string, ...string[]];
  host.log(`compiling the binding with ${program}`);
  const sources = join(dirname(build.output), 'binding-source');
  // Temporary files too are then on the disk whose space was checked.
  const env = {...host.env, TMPDIR: sources};
  const compile = (kernels: string[]) =>
    reportElapsed(host, 'compiling the binding', () =>
      exec(program, [...leading, ...compilerArguments(host, build, sources, kernels)], {env}),
    );
  try {
    for (const without of copyBindingSource(join(build.tfjsNode.folder, 'binding'), sources))
      host.log(`the source of the binding differs from the expected one: ${without}`);
    const all = await compile(OWN_KERNELS);
    if (all.code === 0) return;
    const {code, output} = saysDiskFull(all.output) ? all : await compile([]);
    if (code === 0) return host.log('our own kernels do not compile here: training will be slower');
    if (saysDiskFull(output)) throw engineSpaceError(build.output, host.freeBytes(build.output));
    throw engineCompileError(program, output);
  } finally {
    rmSync(sources, {recursive: true, force: true});
  }
}

function compilerArguments(
  host: Host,
  {libraries, headers, output, rpath}: BindingBuild,
  sources: string,
  kernels: string[],
): string[] {
  const files = readdirSync(sources).filter(name => name.endsWith('.cc'));
  return [
    // No contraction: the kernels must give the same numbers whatever instructions the processor
    // has.
    ...[
      '-std=c++17',
      '-O3',
      '-ffp-contract=off',
      '-fno-math-errno',
      '-pthread',
      '-fPIC',
      '-shared',
      '-DNAPI_VERSION=8',
    ],
    ...[join(host.packageFolder('node-api-headers') ?? '', 'include'), headers, sources].map(
      folder => `-I${folder}`,
    ),
    ...files.sort().map(name => join(sources, name)),
    ...kernels,
    ...[`-L${libraries}`, `-l:${CC_LIBRARY}`, `-l:${FRAMEWORK_LIBRARY}`, `-Wl,-rpath,${rpath}`],
    ...['-o', output],
  ];
}

// process.dlopen is what require() does for a .node file.
const LOAD = `const m = {exports: {}}; process.dlopen(m, process.argv[1]); console.log(JSON.stringify(m.exports.TF_Version));`;

/**
 * Loads a binding in a process of its own, so that a crash does no harm.
 * @returns TensorFlow's version
 * @throws RIFE_ERR_ENGINE_LOAD
 */
export async function tryBinding(host: Host, binding: string): Promise<string> {
  const env = {...host.env, TF_CPP_MIN_LOG_LEVEL: '2', NODE_OPTIONS: ''};
  const {code, signal, stdout, output} = await exec(host.node, ['-e', LOAD, binding], {
    env,
    timeoutMs: 120_000,
  });
  const version = code === 0 && /"(\d+\.\d+[^"]*)"/.exec(stdout)?.[1];
  if (version) return version;
  throw engineLoadError(binding, signal ? `the process was killed by ${signal} ${output}` : reason(output));
}

/** The line of Node's stack trace that names the error. */
const reason = (output: string) => /^\w*Error: .*$/m.exec(output)?.[0] ?? output;

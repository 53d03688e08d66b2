/** What a machine without network needs: engine, CUDA's libraries, workspace, Node. */
import {spawnSync} from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  lstatSync,
} from 'node:fs';
import {dirname, join, relative} from 'node:path';

/**
 * The libraries of CUDA 12 that TensorFlow 2.21 opens before it uses a GPU (the folders of its
 * RUNPATH), with those that they open in turn. Left out: random numbers, several-GPU solvers, BLAS
 * and FFT for other programs, other versions of the runtime compiler, static archives.
 */
const CUDA = [
  /^cuda_runtime\/lib\/libcudart\.so\.\d+$/,
  /^cublas\/lib\/libcublas(Lt)?\.so\.\d+$/,
  /^cudnn\/lib\/libcudnn\w*\.so\.\d+$/,
  /^cufft\/lib\/libcufft\.so\.\d+$/,
  /^cusolver\/lib\/libcusolver\.so\.\d+$/,
  /^cusparse\/lib\/libcusparse\.so\.\d+$/,
  /^nvjitlink\/lib\/libnvJitLink\.so\.\d+$/,
  /^nccl\/lib\/libnccl\.so\.\d+$/,
  /^cuda_cupti\/lib\/libcupti\.so\.\d+$/,
  // cuDNN compiles some kernels when it runs, and XLA all of its own.
  /^cuda_nvrtc\/lib\/libnvrtc(-builtins)?\.so\.[\d.]+$/,
  /^cuda_nvcc\/bin\/ptxas$/,
  /^cuda_nvcc\/nvvm\/libdevice\/.*\.bc$/,
];

/** Of a workspace: what runs, and the clips; no tests. */
const WORKSPACE = /^(?!.*(__tests__|\.test\.|^docs\/|^test\/(?!reference\/fixtures)|^\.))/;

/** All files below a folder, relative to it. */
const filesIn = folder =>
  readdirSync(folder, {withFileTypes: true, recursive: true})
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)));

/** Lines of a command's output. @throws Error with what it says */
function linesOf(command, args, cwd) {
  const {status, stdout, stderr, error} = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error || (status !== 0 && stdout === '')) throw new Error(`${command}: ${error?.message ?? stderr}`);
  return stdout.split('\n').filter(line => line !== '');
}

function copy(from, to) {
  mkdirSync(dirname(to), {recursive: true});
  if (lstatSync(from).isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else cpSync(from, to, {preserveTimestamps: true});
}

/** A library without the symbols that only a debugger reads. */
function strip(from, to) {
  mkdirSync(dirname(to), {recursive: true});
  linesOf('strip', ['--strip-unneeded', '-o', to, from]);
}

/** @param key folder of an engine in the cache, with `tensorflow/` and `nvidia/` */
export function stageEngine(key, stage) {
  const [from, to] = [join(key, 'tensorflow'), join(stage, 'engine/tensorflow')];
  for (const name of readdirSync(from).filter(name => name.includes('.so.')))
    strip(join(from, name), join(to, name));
  copy(join(from, 'tfjs_binding.node'), join(to, 'tfjs_binding.node'));
  const nvidia = join(key, 'nvidia');
  if (!existsSync(nvidia)) return;
  for (const name of filesIn(nvidia))
    if (CUDA.some(wanted => wanted.test(name))) copy(join(nvidia, name), join(stage, 'engine/nvidia', name));
}

/** Files that run and that git does not ignore, their build, and dependencies of the packages. */
export function stageWorkspace(root, stage) {
  const to = join(stage, 'workspace');
  const tracked = linesOf('git', ['ls-files', '--cached', '--others', '--exclude-standard'], root);
  const built = readdirSync(join(root, 'packages')).flatMap(name =>
    filesIn(join(root, 'packages', name, 'dist')).map(file => join('packages', name, 'dist', file)),
  );
  for (const file of [...tracked, ...built]) if (WORKSPACE.test(file)) copy(join(root, file), join(to, file));
  const packages = linesOf('npm', ['ls', '--omit=dev', '--all', '--parseable'], root);
  for (const folder of packages) {
    const path = relative(root, folder);
    if (!path.startsWith('node_modules')) continue;
    if (lstatSync(folder).isSymbolicLink()) copy(folder, join(to, path));
    // Packages inside of it are in the list themselves, if they are needed.
    else
      cpSync(folder, join(to, path), {
        recursive: true,
        preserveTimestamps: true,
        filter: source => !relative(folder, source).startsWith('node_modules'),
      });
  }
}

/** The programs that put the pieces together. */
export function copyPrograms(from, out) {
  for (const name of ['start.sh', 'unpack.mjs']) copyFileSync(join(from, name), join(out, name));
}

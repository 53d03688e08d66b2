/**
 * A copy of the working tree to be broken: tracked and untracked files that git does not ignore,
 * with the same npm packages.
 */
import {execFileSync} from 'node:child_process';
import {copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {ScriptError} from '../run.mjs';

function listFiles(root) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  try {
    const output = execFileSync('git', args, {cwd: root, encoding: 'utf8', maxBuffer: 64 << 20});
    return output.split('\0').filter(path => path && existsSync(join(root, path)));
  } catch (error) {
    throw new ScriptError(
      `git cannot list the files: ${error.message}`,
      'run it in a clone of the repository',
    );
  }
}

/** Links what npm installed, but not the workspace's own packages: those come from the copy. */
function linkPackages(root, target) {
  const [from, to] = [join(root, 'node_modules'), join(target, 'node_modules')];
  mkdirSync(to);
  const isOwn = name => name === '@rife-train' || lstatSync(join(from, name)).isSymbolicLink();
  for (const name of readdirSync(from))
    if (!name.startsWith('.') && !isOwn(name)) symlinkSync(join(from, name), join(to, name));
  mkdirSync(join(to, '@rife-train'));
  for (const name of readdirSync(join(from, '@rife-train')))
    symlinkSync(join(target, 'packages', name), join(to, '@rife-train', name));
  for (const name of readdirSync(join(root, 'packages'))) {
    const nested = join(root, 'packages', name, 'node_modules');
    if (existsSync(nested)) symlinkSync(nested, join(target, 'packages', name, 'node_modules'));
  }
}

/** Copies the working tree at `root` into the new folder `target`. */
export function copyWorkspace(root, target) {
  for (const path of listFiles(root)) {
    mkdirSync(dirname(join(target, path)), {recursive: true});
    copyFileSync(join(root, path), join(target, path));
  }
  linkPackages(root, target);
}

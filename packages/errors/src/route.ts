/** How packages of rife-train are installed. Only this file knows that they are not on npm yet. */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** Becomes true with the first release; all messages about installing depend on it. */
export const ON_NPM: boolean = false;

/** Path of the clone that this code runs in; undefined if it was installed. */
function cloneFolder(): string | undefined {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  try {
    const {name} = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {name?: unknown};
    return name === 'rife-train-workspace' ? root.replace(/[\\/]$/, '') : undefined;
  } catch {
    return undefined;
  }
}

/** Quotes a path for a POSIX shell. */
const quoted = (path: string) => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

/**
 * Commands that install packages of rife-train in the current folder.
 *
 * @param names packages to install once they are on npm; if empty, those in package.json
 * @param keepsManifest leave package.json unchanged, because it already names them
 */
export function installCommands(names: readonly string[], {keepsManifest = false} = {}): string[] {
  if (ON_NPM) return [['npm install', ...names].join(' ')];
  const clone = quoted(cloneFolder() ?? 'clone-of-rife-train');
  return [
    `npm run tarballs --prefix ${clone}`,
    `npm install ${keepsManifest ? '--no-save ' : ''}${clone}/tarballs/*.tgz`,
  ];
}

/** True for the packages that are published together. */
export const isOwnPackage = (name: string) =>
  /^(@rife-train\/|rife-train$|create-rife-train-plugin$)/.test(name);

/** How packages of rife-train are installed: the one place that knows that they are not on npm yet. */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** Set it to true with the first release: every sentence about installing follows. */
export const ON_NPM: boolean = false;

/** The clone that this code runs in; undefined where it was installed. */
function cloneFolder(): string | undefined {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  try {
    const {name} = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {name?: unknown};
    return name === 'rife-train-workspace' ? root.replace(/[\\/]$/, '') : undefined;
  } catch {
    return undefined;
  }
}

/** For a POSIX shell. */
const quoted = (path: string) => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

/**
 * Commands that install packages of rife-train in the current folder.
 *
 * @param names those that are wanted, for the day when they are on npm; none: what package.json says
 * @param keepsManifest leave package.json as it is, since it names them already
 */
export function installCommands(names: readonly string[], {keepsManifest = false} = {}): string[] {
  if (ON_NPM) return [['npm install', ...names].join(' ')];
  const clone = quoted(cloneFolder() ?? 'clone-of-rife-train');
  return [
    `npm run tarballs --prefix ${clone}`,
    `npm install ${keepsManifest ? '--no-save ' : ''}${clone}/tarballs/*.tgz`,
  ];
}

/** Is it one of the packages that are published together? */
export const isOwnPackage = (name: string) =>
  /^(@rife-train\/|rife-train$|create-rife-train-plugin$)/.test(name);

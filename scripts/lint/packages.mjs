import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Each package of the workspace: folder name, package.json, and the specifiers in its `exports`.
 */
export const PACKAGES = readdirSync(join(ROOT, 'packages'))
  .filter(folder => existsSync(join(ROOT, 'packages', folder, 'package.json')))
  .map(folder => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8'));
    const entries = Object.keys(manifest.exports ?? {}).map(key => manifest.name + key.slice(1));
    return {folder, manifest, entries};
  });

/** `@scope/name/sub` to `@scope/name`. */
export const packageName = specifier =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/**
 * Names that a package's published code may import: those that its package.json makes npm install.
 */
export function declaredNames(manifest) {
  const {dependencies, peerDependencies, optionalDependencies} = manifest;
  return new Set(Object.keys({...dependencies, ...peerDependencies, ...optionalDependencies}));
}

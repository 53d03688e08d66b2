/**
 * Packs every package as `npm publish` would, for other folders to install as long as the packages
 * are not on npm.
 *
 *     node scripts/tarballs.mjs [folder]    # tarballs
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, rmSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(ROOT, 'tarballs'));
mkdirSync(folder, {recursive: true});
// Tarballs of an earlier version would be installed beside the new ones.
for (const name of readdirSync(folder))
  if (/^(create-)?rife-train.*\.tgz$/.test(name)) rmSync(join(folder, name));

const npm = process.env['npm_execpath'];
const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
const args = [...first, 'pack', '--workspaces', '--ignore-scripts', '--pack-destination', folder];
const {status, stderr, error} = spawnSync(command, args, {cwd: ROOT, encoding: 'utf8'});
if (error || status !== 0) {
  console.error(`npm pack failed: ${error?.message ?? stderr}`);
  process.exit(1);
}
console.log(
  `${readdirSync(folder).length} packages in ${folder}. To install them in another folder:\n\n  npm install ${folder}/*.tgz`,
);

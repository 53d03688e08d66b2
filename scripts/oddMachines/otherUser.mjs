/**
 * An ordinary user who can read the checkout, and owns only a home, a folder for temporary files
 * and an engine cache.
 */
import {spawnSync} from 'node:child_process';
import {chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, join} from 'node:path';
import {Impossible} from './impossible.mjs';

const NAME = 'nobody';

function idsOf(name) {
  const line = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(readFileSync('/etc/passwd', 'utf8'));
  if (!line) throw new Impossible(`there is no user "${name}"`);
  return {uid: Number(line[1]), gid: Number(line[2])};
}

/** Whether the user may read this. */
const mayRead = (user, path) =>
  spawnSync(process.execPath, ['-e', 'fs.accessSync(process.argv[1], fs.constants.R_OK)', path], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  }).status === 0;

/** Gives folders to the user, but not files: they may be links to those of somebody else. */
function giveFolders(path, {uid, gid}) {
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, {withFileTypes: true}))
    if (entry.isDirectory()) giveFolders(join(path, entry.name), {uid, gid});
}

/** The user's own cache, which contains the engine: as links, or as a copy on another disk. */
function bringEngine({env}, home, user) {
  if (env.RIFE_TRAIN_ENGINE && !mayRead(user, env.RIFE_TRAIN_ENGINE))
    throw new Impossible(`"${NAME}" may not read RIFE_TRAIN_ENGINE`);
  const cache =
    env.RIFE_TRAIN_CACHE || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'rife-train');
  const engines = join(cache, 'engines');
  if (!existsSync(engines)) throw new Impossible('there is no engine yet: run "npm run setup"');
  const own = join(home, '.cache/rife-train');
  mkdirSync(own, {recursive: true});
  const isThere = ['-al', '-a'].some(
    how => spawnSync('cp', [how, engines, own], {stdio: 'ignore'}).status === 0,
  );
  if (!isThere) throw new Impossible(`${engines} cannot be copied`);
}

/** Lets everybody traverse the folders down to `path`, as far as this script created them. */
function openWay(path, top) {
  chmodSync(path, 0o755);
  if (path !== top) openWay(dirname(path), top);
}

export function otherUser(run) {
  if (process.getuid?.() !== 0) {
    run.notes.push('you are not root: the user is you');
    return;
  }
  const user = idsOf(NAME);
  for (const path of [process.execPath, join(run.root, 'node_modules/jest/bin/jest.js')])
    if (!mayRead(user, path))
      throw new Impossible(`"${NAME}" may not read ${path}: move it to where everybody may go`);
  const home = join(run.folder, 'home');
  mkdirSync(home);
  bringEngine(run, home, user);
  for (const folder of [home, run.temporary, run.reports]) giveFolders(folder, user);
  openWay(dirname(run.temporary), run.folder);
  if (!mayRead(user, run.temporary)) throw new Impossible(`"${NAME}" may not go to ${run.temporary}`);
  for (const name of ['RIFE_TRAIN_CACHE', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'npm_config_cache'])
    delete run.env[name];
  Object.assign(run.env, {HOME: home, USER: NAME, LOGNAME: NAME});
  run.user = user;
}

/**
 * Turkish, where the capital of "i" is another letter and the decimal point is a comma, and a time
 * zone that is not a whole number of hours away.
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';

const LOCALE = 'tr_TR.UTF-8';

const outputOf = (program, args, env) => spawnSync(program, args, {encoding: 'utf8', env}).stdout ?? '';

/**
 * Programs of the C library need a generated locale; Node has its own. @returns why it was not
 * generated, if so
 */
function makeLocale(run) {
  if (/^tr_TR\.utf-?8$/im.test(outputOf('locale', ['-a'], process.env))) return undefined;
  const folder = join(run.folder, 'locales');
  mkdirSync(folder);
  const made = spawnSync('localedef', ['-i', 'tr_TR', '-f', 'UTF-8', join(folder, LOCALE)], {
    encoding: 'utf8',
  });
  if (made.status !== 0) return made.error?.message ?? made.stderr.trim().split('\n')[0];
  run.env.LOCPATH = folder;
  return undefined;
}

export function turkish(run) {
  const why = makeLocale(run);
  if (why !== undefined)
    run.notes.push(
      `${LOCALE} cannot be made (${why}): Node is Turkish, but programs of the C library are not`,
    );
  for (const name of ['LANG', 'LANGUAGE', 'LC_NUMERIC', 'LC_MESSAGES']) delete run.env[name];
  Object.assign(run.env, {LC_ALL: LOCALE, TZ: 'Asia/Kathmandu'});
  const shown = outputOf(
    process.execPath,
    ['-p', '`${(1234.5).toLocaleString()} ${new Date(1e12).getHours()}`'],
    run.env,
  ).trim();
  // 2001-09-09 01:46:40 UTC, and 5:45 later.
  if (shown !== '1.234,5 7') run.notes.push(`Node shows "${shown}", not "1.234,5 7": it lacks some locales`);
}

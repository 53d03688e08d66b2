/**
 * Checks whether the build is as new as its sources, for everything that runs it: tests
 * (scripts/choose/jestSetup.mjs), scripts and benchmarks.
 */
import {readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** When a file was written; undefined if it does not exist. */
const timeOf = path => statSync(path, {throwIfNoEntry: false})?.mtimeMs;

/**
 * The sources of a package that are newer than its build. A package that was never built reports
 * that when it is loaded.
 */
function newerIn(home) {
  // tsc writes it last, also when no output changes.
  const built = timeOf(join(home, 'dist/.tsbuildinfo')) ?? Infinity;
  const isNewer = entry =>
    entry.isFile() &&
    !entry.parentPath.includes('__tests__') &&
    timeOf(join(entry.parentPath, entry.name)) > built;
  return readdirSync(join(home, 'src'), {withFileTypes: true, recursive: true})
    .filter(isNewer)
    .map(entry => join(entry.parentPath, entry.name));
}

/** What is wrong with the builds, and what to do; undefined if all are as new as their sources. */
export function oldDist(root = ROOT) {
  const newer = readdirSync(join(root, 'packages')).flatMap(name => newerIn(join(root, 'packages', name)));
  if (newer.length === 0) return undefined;
  const first = newer[0].slice(root.length).replace(/^\//, '');
  const others = newer.length > 1 ? ` (and ${newer.length - 1} more)` : '';
  return `dist is older than its sources: ${first}${others} was changed after the last build.\n  What to do: run "npm run build"`;
}

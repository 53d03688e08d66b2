/** Set-up on a machine that is hostile, full, or goes away in the middle. */
import {mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {canMount, ENGINE, mounted, setupWorld, smallClone, until, VERSION} from './setupWorld.mjs';
import {check, codeIn, start} from './tools.mjs';

export const topic = 'set-up';

const CONFIG = fileURLToPath(new URL('../../examples/quickstart/rife.config.ts', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/rife-train.js', import.meta.url));
const TRAIN = ['train', '--config', CONFIG, '--steps', '1', '--out'];
const noMounts = () => (canMount() ? undefined : 'this user may not mount file systems');

/** @throws unless the program ended by itself with this code */
function coded(code, {stdout, stderr, timedOut, ms}) {
  const text = stdout + stderr;
  check(!timedOut, `it did not end: ${text.slice(-300)}`);
  check(codeIn(text) === code, `${codeIn(text) ?? 'no code'} instead of ${code}: ${text.slice(-300)}`);
  return `${code} after ${(ms / 1000).toFixed(0)} s`;
}

/** @throws unless the installer succeeded, and the cache holds one engine and nothing else */
function wholeCache({inCache}, {code, stderr, stdout}) {
  check(code === 0, `the next start failed: ${(stdout + stderr).slice(-300)}`);
  const names = inCache();
  check(
    names.length === 1 && names[0].startsWith(`engines/tf${VERSION}`),
    `the cache holds ${names.join(', ')}`,
  );
}

const killedIn = phase => ({
  name: `set-up killed with -9 during ${phase}`,
  expected: 'the next one completes it; the cache holds one whole engine',
  async run({folder}) {
    const world = setupWorld(folder);
    const {child, ended} = world.startEngine({STOP_IN: phase});
    await until(world.isStopped);
    // The installer alone: pip and the compiler go on for a moment.
    process.kill(child.pid, 'SIGKILL');
    const next = await world.install();
    await ended;
    wholeCache(world, next);
    const downloads = world.phases().filter(name => name === 'download').length;
    check(downloads === (phase === 'download' ? 2 : 1), `${downloads} downloads`);
    return `whole after ${(next.ms / 1000).toFixed(0)} s, ${downloads} download(s)`;
  },
});

const missing = (name, code, change) => ({
  name: `set-up without ${name}`,
  expected: code,
  async run({folder}) {
    const world = setupWorld(folder);
    const seen = coded(code, await world.install(change(world)));
    check(world.phases().length === 0, `it began with ${world.phases().join(', ')}`);
    return `${seen}, before anything was fetched`;
  },
});

export const attacks = [
  ...['download', 'unpack', 'compile'].map(killedIn),
  {
    name: 'two set-ups at once',
    expected: 'one download, one whole engine',
    async run({folder}) {
      const world = setupWorld(folder);
      const [first, second] = await Promise.all([world.install(), world.install()]);
      wholeCache(world, first);
      wholeCache(world, second);
      check(world.phases().filter(name => name === 'download').length === 1, world.phases().join(', '));
      return 'one download, both found the engine';
    },
  },
  {
    name: 'a lock of a dead set-up, from before the clock was set back',
    expected: 'it is taken over',
    async run({folder}) {
      const world = setupWorld(folder);
      wholeCache(world, await world.install());
      const engine = join(world.cache, world.inCache()[0]);
      rmSync(engine, {recursive: true});
      mkdirSync(`${engine}.lock`);
      const later = Date.now() / 1000 + 86_400;
      utimesSync(`${engine}.lock`, later, later);
      const next = await world.install();
      check(!next.timedOut, 'it waits for the lock');
      wholeCache(world, next);
      return `taken over after ${(next.ms / 1000).toFixed(0)} s`;
    },
  },
  {
    name: 'two set-ups of a clone at once, the first killed with -9 during npm ci',
    expected: 'the second waits for npm, installs nothing twice, and completes it',
    async run({folder}) {
      const {startSetup, npmCalls, isBuilt} = smallClone(folder);
      const GO = join(folder, 'go');
      const first = startSetup({GO});
      await until(() => npmCalls() > 0);
      process.kill(first.child.pid, 'SIGKILL');
      const second = startSetup({GO});
      await sleep(1500);
      check(npmCalls() === 1, 'the second did not wait');
      writeFileSync(GO, '');
      const {code, stderr} = await second.ended;
      await first.ended;
      check(code === 0 && isBuilt(), `exit code ${code}: ${stderr.slice(-300)}`);
      check(npmCalls() === 1, `npm ran ${npmCalls()} times`);
      return 'one npm ci, and the packages are built';
    },
  },
  {
    name: "half of set-up's own record, left by a kill",
    expected: 'the next set-up succeeds',
    async run({folder}) {
      const {setup, npmCalls} = smallClone(folder);
      await setup();
      writeFileSync(join(folder, 'node_modules/.rife-setup'), '{"lock": "1');
      const {code, stderr} = await setup();
      check(code === 0, `exit code ${code}: ${stderr.slice(-300)}`);
      return `exit code 0, npm ran ${npmCalls()} time`;
    },
  },
  missing('Python', 'RIFE_ERR_ENGINE_NO_PYTHON', ({bin}) => rmSync(join(bin, 'python3'))),
  missing('pip', 'RIFE_ERR_ENGINE_NO_PIP', () => ({PYTHON_SAYS: '{"version": "3.12.1", "pip": false}'})),
  missing('g++', 'RIFE_ERR_ENGINE_NO_COMPILER', ({bin}) => rmSync(join(bin, 'g++'))),
  {
    name: 'a wheel of the pinned version with other content',
    expected: 'RIFE_ERR_ENGINE_ARCHIVE, and it is not kept',
    async run({folder}) {
      const world = setupWorld(folder);
      const seen = coded('RIFE_ERR_ENGINE_ARCHIVE', await world.install({RIFE_TRAIN_TF_VERSION: '2.21.0'}));
      check(!world.phases().includes('unpack'), 'it was unpacked');
      check(!world.inCache().some(name => name.startsWith('downloads/')), world.inCache().join(', '));
      return seen;
    },
  },
  {
    name: 'a proxy that answers each request with an HTML page',
    expected: 'RIFE_ERR_ENGINE_NETWORK',
    async run({folder}) {
      const server = createServer((_, answer) => answer.end('<html><a href="/login">sign in</a></html>'));
      await new Promise(done => server.listen(0, '127.0.0.1', done));
      const world = setupWorld(folder);
      const index = `http://127.0.0.1:${server.address().port}/simple`;
      const outcome = await world.install({
        PATH: `${process.env.PATH}`,
        PIP_INDEX_URL: index,
        PIP_FIND_LINKS: '',
        RIFE_TRAIN_TF_VERSION: '2.21.9',
      });
      server.close();
      return coded('RIFE_ERR_ENGINE_NETWORK', outcome);
    },
  },
  {
    name: 'a cache on a file system that refuses new folders',
    expected: 'RIFE_ERR_ENGINE_CACHE_ACCESS',
    async run({folder}) {
      const world = setupWorld(folder);
      return coded(
        'RIFE_ERR_ENGINE_CACHE_ACCESS',
        await world.install({RIFE_TRAIN_CACHE: '/proc/rife/cache'}),
      );
    },
  },
  {
    name: 'a cache on a read-only disk',
    expected: 'RIFE_ERR_ENGINE_CACHE_ACCESS',
    skip: noMounts,
    async run({folder}) {
      const {cache, env} = setupWorld(folder);
      mkdirSync(cache);
      const mounts = 'mount -t tmpfs none cache && mount -o remount,ro cache';
      const options = {cwd: folder, env: {...env, PATH: `${env.PATH}:${process.env.PATH}`, CXX: 'g++'}};
      return coded(
        'RIFE_ERR_ENGINE_CACHE_ACCESS',
        await mounted(mounts, process.execPath, [ENGINE, '1', '1'], options),
      );
    },
  },
  {
    name: 'a cache on a full disk',
    expected: 'RIFE_ERR_ENGINE_SPACE before anything is fetched',
    skip: noMounts,
    async run({folder}) {
      const {cache, env, phases} = setupWorld(folder);
      mkdirSync(cache);
      const options = {cwd: folder, env: {...env, PATH: `${env.PATH}:${process.env.PATH}`, CXX: 'g++'}};
      const mounts = 'mount -t tmpfs -o size=1m none cache';
      const seen = coded(
        'RIFE_ERR_ENGINE_SPACE',
        await mounted(mounts, process.execPath, [ENGINE, '1', '1'], options),
      );
      check(!phases().includes('download'), 'something was fetched');
      return seen;
    },
  },
  {
    name: 'a full folder for temporary files',
    expected: 'RIFE_ERR_TEMPORARY',
    skip: noMounts,
    async run({folder}) {
      mkdirSync(join(folder, 'full'));
      const mounts =
        'mount -t tmpfs -o size=4k none full && (dd if=/dev/zero of=full/a bs=4k count=1 2>/dev/null || true)';
      const args = [COMMAND, ...TRAIN, join(folder, 'out')];
      const env = {TMPDIR: join(folder, 'full')};
      return coded('RIFE_ERR_TEMPORARY', await mounted(mounts, process.execPath, args, {cwd: folder, env}));
    },
  },
  {
    name: 'no folder for temporary files',
    expected: 'RIFE_ERR_TEMPORARY',
    run: async ({folder, rife}) =>
      coded(
        'RIFE_ERR_TEMPORARY',
        await rife([...TRAIN, join(folder, 'out')], {env: {TMPDIR: join(folder, 'gone')}}),
      ),
  },
  {
    name: 'a folder for the run on a file system that refuses new folders',
    expected: 'RIFE_ERR_CLI_OUT_NOT_WRITABLE',
    run: async ({rife}) => coded('RIFE_ERR_CLI_OUT_NOT_WRITABLE', await rife([...TRAIN, '/proc/rife/out'])),
  },
  {
    name: 'a link to nothing in the place of the lock of a run',
    expected: 'RIFE_ERR_CLI_OUT_NOT_WRITABLE',
    async run({folder, rife}) {
      mkdirSync(join(folder, 'out'));
      symlinkSync('nothing', join(folder, 'out/.rife-train.lock'));
      return coded('RIFE_ERR_CLI_OUT_NOT_WRITABLE', await rife([...TRAIN, join(folder, 'out')]));
    },
  },
  {
    name: 'a file in the cache under the name of published weights',
    expected: 'it is not used',
    async run({folder, rife}) {
      mkdirSync(join(folder, 'cache/weights'), {recursive: true});
      writeFileSync(join(folder, 'cache/weights/rife-4.0.pkl'), 'of somebody else');
      const env = {RIFE_TRAIN_CACHE: join(folder, 'cache'), RIFE_TRAIN_PYTHON: 'no-such-python'};
      return coded('RIFE_ERR_WEIGHTS_FETCH', await rife(['weights', 'get', 'rife-4.0'], {env}));
    },
  },
  {
    name: 'training on a machine without any network, not even loopback',
    expected: 'it trains',
    skip: noMounts,
    async run({folder}) {
      const args = ['-rn', process.execPath, COMMAND, ...TRAIN, join(folder, 'out')];
      const {code, stderr} = await start('unshare', args, {cwd: folder, timeoutMs: 300_000}).ended;
      check(code === 0, `exit code ${code}: ${stderr.slice(-300)}`);
      return 'a step was trained and saved';
    },
  },
];

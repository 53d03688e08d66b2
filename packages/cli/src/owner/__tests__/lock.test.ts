import {spawn, spawnSync} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startHeartbeat} from '../heartbeat.js';
import {isThere, thisMachine, thisOwner, type Owner} from '../identity.js';
import {claim, claimFolder, LOCK, SILENT_MS} from '../lock.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rife-lock-'))));
afterEach(() => rmSync(folder, {recursive: true}));

const file = () => join(folder, LOCK);
const options = {command: 'npx rife-train train --resume'};

/** Leaves the lock of another owner, whose last sign of life is so long ago. */
function leave(owner: Partial<Owner>, agoMs = 0): void {
  writeFileSync(file(), JSON.stringify({...thisOwner('other', 'rife-train train'), ...owner}));
  const at = (Date.now() - agoMs) / 1000;
  utimesSync(file(), at, at);
}

/** Number of a process that is gone. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

const refusal = () => {
  try {
    claimFolder(folder, options).release();
  } catch (error) {
    return error as Error & {code: string};
  }
  throw new Error('it was not refused');
};

/** Claims, and looks that the lock is then ours, and gone afterwards. */
function takesOver(): void {
  const owned = claimFolder(folder, options);
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({
    pid: process.pid,
    command: options.command,
  });
  expect(owned.isLost).toBe(false);
  owned.release();
  expect(readdirSync(folder)).toEqual([]);
}

test('one owner at a time; the error names command, host, process and since when', () => {
  const owned = claimFolder(folder, options);
  const {host, since} = JSON.parse(readFileSync(file(), 'utf8')) as Owner;
  const {code, message} = refusal();
  expect(code).toBe('RIFE_ERR_CLI_IN_USE');
  for (const part of [folder, `"${options.command}"`, `process ${process.pid} on ${host}`, since])
    expect(message).toContain(part);
  expect(readdirSync(folder)).toEqual([LOCK]);
  owned.release();
  takesOver();
});

test.each<[string, () => void]>([
  ['a link to nothing', () => symlinkSync(join(folder, 'nothing'), file())],
  ['a pipe', () => void spawnSync('mkfifo', [file()])],
])('%s in the place of the lock is refused at once, and stays', (_, make) => {
  make();
  expect(() => claimFolder(folder, options)).toThrow(`${LOCK}" is not a plain file`);
  expect(readdirSync(folder)).toEqual([LOCK]);
});

test('a file is claimed by a lock beside it', () => {
  const page = join(folder, 'page.html');
  const owned = claim(page, `${page}.lock`, options);
  expect(() => claim(page, `${page}.lock`, options)).toThrow('page.html is in use by');
  owned.release();
  expect(readdirSync(folder)).toEqual([]);
});

describe('an owner on this machine', () => {
  test('that was killed is gone', () => {
    leave({pid: deadPid()});
    takesOver();
  });

  test('whose number another process has now is gone', () => {
    leave({started: '1'});
    takesOver();
  });

  test('is gone when the machine was started anew since', () => {
    const {boot, bootedAtMs} = thisMachine();
    expect(boot).toMatch(/^[0-9a-f-]{36}$/);
    leave({boot: 'before'}, Date.now() - bootedAtMs + 1000);
    takesOver();
  });

  test('is there, however long it gives no sign of life', () => {
    leave({}, 100 * SILENT_MS);
    expect(refusal().message).not.toContain('looked at');
  });
});

describe.each<[string, Partial<Owner>]>([
  ['on another machine', {host: 'elsewhere'}],
  ['on another machine of the same name', {boot: 'another'}],
  ['in another container', {pids: 'pid:[1]'}],
])('an owner %s', (_where, owner) => {
  test('is there as long as it gives signs of life, whatever its process number', () => {
    leave({...owner, pid: deadPid()});
    const {code, message} = refusal();
    expect(code).toBe('RIFE_ERR_CLI_IN_USE');
    expect(message).toMatch(
      /This machine can't check on that process: if it has ended, this command works in \d+ s/,
    );
  });

  test('is gone when it gave none for minutes', () => {
    leave(owner, SILENT_MS + 5000);
    takesOver();
  });
});

test('a lock that is just being written is waited for, one that stays torn is not', () => {
  writeFileSync(file(), '');
  expect(refusal().message).toContain('a process that its lock does not name');
  const at = (Date.now() - SILENT_MS - 5000) / 1000;
  utimesSync(file(), at, at);
  takesOver();
});

test('whoever was taken over says so, and leaves the lock of the other alone', () => {
  const owned = claimFolder(folder, options);
  leave({});
  expect(owned.isLost).toBe(true);
  owned.release();
  expect(existsSync(file())).toBe(true);
});

test('a lock whose folder is removed is made again, and it is reported', async () => {
  const sub = join(folder, 'run');
  mkdirSync(sub);
  let owned: ReturnType<typeof claimFolder> | undefined;
  await new Promise<void>(resolve => {
    owned = claimFolder(sub, {...options, beatMs: 10, remade: resolve});
    renameSync(sub, join(folder, 'moved'));
  });
  expect(readdirSync(sub)).toEqual([LOCK]);
  expect(owned!.isLost).toBe(false);
  owned!.release();
  expect(readdirSync(sub)).toEqual([]);
});

test('a folder that another process has made again is that one’s: the owner of before is lost', async () => {
  const sub = join(folder, 'run');
  mkdirSync(sub);
  let owned: ReturnType<typeof claimFolder> | undefined;
  await new Promise<void>((resolve, reject) => {
    owned = claimFolder(sub, {...options, beatMs: 10, lost: resolve, remade: reject});
    renameSync(sub, join(folder, 'moved'));
    mkdirSync(sub);
    writeFileSync(join(sub, LOCK), JSON.stringify(thisOwner('other', 'x')));
  });
  owned!.release();
  expect(JSON.parse(readFileSync(join(sub, LOCK), 'utf8'))).toMatchObject({token: 'other'});
});

test('an owner that has ended, and that its parent has not asked about, is gone', async () => {
  // The shell becomes a program that asks about no child.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const pid = Number(await new Promise<Buffer>(resolve => parent.stdout.once('data', resolve)));
  const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!;
  while (!state().startsWith('Z')) await new Promise(resolve => setTimeout(resolve, 5));
  const started = state().split(' ')[19]!;
  expect(isThere({...thisOwner('other', 'x'), pid, started}, Date.now())).toBe(false);
  leave({pid, started});
  takesOver();
  parent.kill('SIGKILL');
});

test('a sign of life of the future counts from now on: the clock was set back', () => {
  leave({host: 'elsewhere'}, -3_600_000);
  expect(refusal().message).toMatch(/works in 120 s/);
  expect(Math.abs(statSync(file()).mtimeMs - Date.now())).toBeLessThan(60_000);
  const at = (statSync(file()).mtimeMs - SILENT_MS - 1000) / 1000;
  utimesSync(file(), at, at);
  takesOver();
});

test('signs of life are written, until the lock is another one', async () => {
  const content = JSON.stringify(thisOwner('mine', 'x'));
  writeFileSync(file(), content);
  utimesSync(file(), 1, 1);
  let stop = () => Promise.resolve<unknown>(undefined);
  await new Promise<void>(resolve => {
    stop = startHeartbeat(file(), content, {lost: resolve, gone: () => {}}, 10);
    const look = setInterval(() => {
      if (statSync(file()).mtimeMs < 10_000) return;
      clearInterval(look);
      expect(readFileSync(file(), 'utf8')).toBe(content);
      writeFileSync(file(), 'another');
    }, 5);
  });
  await stop();
  expect(readFileSync(file(), 'utf8')).toBe('another');
});

test('where there is no /proc, a process is identified by its number', () => {
  const {started: _started, boot: _boot, pids: _pids, ...owner} = thisOwner('a', 'x');
  const here = {host: owner.host, bootedAtMs: 0};
  expect(isThere(owner, Date.now(), here)).toBe(true);
  expect(isThere({...owner, pid: deadPid()}, Date.now(), here)).toBe(false);
});

import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const MODULE = pathToFileURL(join(__dirname, '../../dist/endProcess.js')).href;

/** A process that runs `code`, and ends by `endProcess(...)`. */
function ends(code: string, call: string) {
  const {status, signal, stdout} = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const {endProcess} = await import(${JSON.stringify(MODULE)}); ${code}; await ${call};`,
    ],
    {encoding: 'utf8', timeout: CHILD_LIMIT_MS, maxBuffer: 1e8},
  );
  return {status, signal, stdout};
}

test('a timer that somebody forgot does not keep the process alive', () => {
  const {status, signal} = ends('setInterval(() => {}, 1000)', 'endProcess(2, {graceMs: 50})');
  expect({status, signal}).toEqual({status: 2, signal: null});
});

test('what is just closing gets its grace', () => {
  const closing = "setTimeout(() => console.log('closed'), 100)";
  const {status, stdout} = ends(closing, 'endProcess(0, {graceMs: 1e8})');
  expect({status, stdout}).toEqual({status: 0, stdout: 'closed\n'});
});

test('with nothing to wait for the grace is not waited for', () => {
  expect(ends('', 'endProcess(3, {graceMs: 1e8})')).toMatchObject({status: 3, signal: null});
});

test('all that was written arrives', () => {
  const code = "setInterval(() => {}, 1000); process.stdout.write('x'.repeat(5_000_000))";
  const {status, stdout} = ends(code, 'endProcess(1, {graceMs: 0})');
  expect({status, length: stdout.length}).toEqual({status: 1, length: 5_000_000});
});

test('a reader that goes away ends no command: it goes on, and has its own exit code', () => {
  const io = pathToFileURL(join(__dirname, '../../dist/io.js')).href;
  const code = `
    const {processIo} = await import(${JSON.stringify(io)});
    const {endProcess} = await import(${JSON.stringify(MODULE)});
    const {stdout, stderr} = processIo();
    for (let i = 0; i < 200; i++) {
      stdout.write('line\\n'.repeat(1000));
      await new Promise(resolve => setImmediate(resolve));
    }
    stderr.write('went on');
    await endProcess(5);`;
  const pipeline = '"$0" --input-type=module -e "$1" | head -1; echo "${PIPESTATUS[0]}"';
  const {stdout, stderr} = spawnSync('bash', ['-c', pipeline, process.execPath, code], {encoding: 'utf8'});
  expect({stdout, stderr}).toEqual({stdout: 'line\n5\n', stderr: 'went on'});
});

// A pipe without a writer: the operating system does not come back from opening it.
const itOnPosix = process.platform === 'win32' ? test.skip : test;
if (process.platform === 'win32')
  console.warn(
    'skipped: "a read that hangs in the operating system", because Windows has no named pipes of this kind',
  );
itOnPosix('a read that hangs in the operating system does not keep the process alive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rife-end-'));
  const pipe = join(folder, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const read = `(await import('node:fs')).readFile(${JSON.stringify(pipe)}, () => {}); console.log('read')`;
  const {signal, stdout} = ends(read, 'endProcess(2, {graceMs: 50, killMs: 500})');
  rmSync(folder, {recursive: true});
  expect({signal, stdout}).toEqual({signal: 'SIGKILL', stdout: 'read\n'});
});

itOnPosix('nor does it where somebody does not want to wait', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rife-end-'));
  const pipe = join(folder, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const read = `(await import('node:fs')).readFile(${JSON.stringify(pipe)}, () => {})`;
  const code = `const {exitNow} = await import(${JSON.stringify(MODULE)}); ${read}; setTimeout(() => exitNow(130), 50)`;
  const args = ['--input-type=module', '-e', code];
  const {signal} = spawnSync(process.execPath, args, {timeout: CHILD_LIMIT_MS, killSignal: 'SIGTERM'});
  rmSync(folder, {recursive: true});
  expect(signal).toBe('SIGKILL');
});

/** Every ffmpeg opens one file, makes progress or is killed, and ends with its parent. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {startFfmpeg} from '../decode/ffmpegProcess';
import {measureFrames} from '../decode/video/sizes';
import {DEMO_VIDEO, rejection, tempFolder} from './support';

/** A program in place of ffmpeg. */
function script(body: string): string {
  const path = join(tempFolder(), 'ffmpeg');
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const isAlive = (pid: number) => {
  try {
    return /^State:\s+[^Z]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('an ffmpeg without progress', () => {
  test('is killed, and named with its file', async () => {
    const binary = script('exec sleep 600');
    const {end} = await startFfmpeg(['-i', 'file:/clips/a.mkv'], {binary, stallMs: 240});
    expect(await rejection(end)).toMatchObject({
      code: 'RIFE_ERR_DATA_STUCK',
      message: expect.stringContaining('ffmpeg made no progress for 0.24 s while reading "/clips/a.mkv"'),
    });
  });

  test('its reader gets the same error', async () => {
    const binary = script('echo frame; exec sleep 600');
    const {stdout} = await startFfmpeg(['-i', 'a'], {binary, stallMs: 240});
    const read = async () => {
      for await (const _ of stdout);
    };
    expect(await rejection(read())).toMatchObject({code: 'RIFE_ERR_DATA_STUCK'});
  });

  test.each([
    ['writes now and then', 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done', false],
    ['computes', 'i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done', false],
    ['waits for frames to encode', 'cat > /dev/null', true],
  ])('but not one that %s', async (_, body, readsInput) => {
    const {stdin, stdout, end} = await startFfmpeg([], {binary: script(body), stallMs: 300, readsInput});
    stdout.resume();
    if (stdin) setTimeout(() => stdin.end('frame'), 600);
    expect(await end).toMatchObject({exitCode: 0});
  });

  test('nor one whose output is not read yet', async () => {
    const {stdout, end} = await startFfmpeg([], {binary: script('head -c 1000000 /dev/zero'), stallMs: 240});
    // As a stream that is read frame by frame: its first bytes are fetched.
    stdout.on('readable', () => {});
    setTimeout(() => stdout.removeAllListeners('readable').resume(), 600);
    expect(await end).toMatchObject({exitCode: 0});
  });
});

test('after kill -9 of its parent no ffmpeg is left', async () => {
  const guard = require.resolve('../../dist/decode/childGuard.js');
  const program = `
    const {spawn} = await import('node:child_process');
    const {guarded} = await import(${JSON.stringify(guard)});
    const [, child] = ['true', 'sleep'].map(name => guarded(() => spawn(name, name === 'sleep' ? ['600'] : [])));
    console.log(child.pid);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program]);
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'close');
  const endMs = Date.now() + 10_000;
  while (isAlive(pid) && Date.now() < endMs) await new Promise(done => setTimeout(done, 20));
  expect(isAlive(pid)).toBe(false);
});

describe('a file that names others', () => {
  test.each([
    ['playlist', (url: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${url}/a.ts\n`],
    ['concat script', () => 'ffconcat version 1.0\nfile b.mp4\n'],
  ])('%s: nothing is opened', async (_, content) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const folder = tempFolder();
    const path = join(folder, 'a.mkv');
    copyFileSync(DEMO_VIDEO, join(folder, 'b.mp4'));
    writeFileSync(path, content(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    expect(await measureFrames(path, 1)).toEqual({frames: 0, sizes: [], whole: false});
    expect(asked).toEqual([]);
    server.close();
  });
});

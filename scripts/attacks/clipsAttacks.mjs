/** Files among the clips that are more than pictures and videos. */
import {execFileSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {clips, readers} from './demoClips.mjs';
import {check, codeIn} from './tools.mjs';

export const topic = 'clips';

const CORE = new URL('../../packages/core/dist/index.js', import.meta.url).href;

/** A byte that keeps the file from passing as text; ffmpeg's probes look past it. */
const NO_TEXT = '\u0001';
const dashManifest = url => `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT10S">
<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000" width="64" height="64">
<BaseURL>${url}/</BaseURL><SegmentList><Initialization sourceURL="init.mp4"/><SegmentURL media="a.mp4"/></SegmentList>
</Representation></AdaptationSet></Period></MPD>`;
/** A live playlist: it has no end. */
const playlist = url =>
  `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${url}/${'a'.repeat(9)}.ts\n${'\u0001'}\n`;
const concatScript = () => `ffconcat version 1.0\n# ${NO_TEXT}\nfile cam01.mp4\n`;
const sdp = () =>
  `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n${NO_TEXT}`;

/** A server on loopback that counts what it is asked. */
async function server() {
  const asked = [];
  const http = createServer((request, response) => {
    asked.push(request.url);
    response.end(playlist('http://127.0.0.1'));
  });
  await new Promise(done => http.listen(0, '127.0.0.1', done));
  return {asked, url: `http://127.0.0.1:${http.address().port}`, close: () => http.close()};
}

const opensNothing = (kind, content, commands = readers) => ({
  name: `${kind} named as a video`,
  expected: 'nothing but the file itself is opened, and the clip is named as bad',
  async run({folder, rife}) {
    const {asked, url, close} = await server();
    try {
      clips(folder, train => writeFileSync(join(train, 'evil.mkv'), content(url)));
      for (const [name, args] of Object.entries(commands)) {
        const {stdout, stderr, timedOut} = await rife(args);
        check(!timedOut, `data ${name} did not end`);
        check(asked.length === 0, `data ${name} fetched ${asked.join(', ')}`);
        check(/evil\W/.test(stdout + stderr), `data ${name} does not name the clip: ${stdout}${stderr}`);
      }
      return 'no request; the clip is named';
    } finally {
      close();
    }
  },
});

const pipeAs = (what, make, args = readers.pack) => ({
  name: `a named pipe as ${what}`,
  expected: 'the command ends, and names the file',
  skip: () => (process.platform === 'win32' ? 'no named pipes here' : undefined),
  async run({folder, rife}) {
    make(folder);
    const {stdout, stderr, code, timedOut} = await rife(args);
    check(!timedOut, `it waits for ever: ${stdout}${stderr}`);
    return `exit code ${code} ${codeIn(stderr) ?? ''}`;
  },
});
const pipe = path => execFileSync('mkfifo', [path]);

/** An ffmpeg that hangs, but for its version; it leaves its process number. */
function hangingFfmpeg(folder) {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const path = join(bin, 'ffmpeg');
  writeFileSync(
    path,
    `#!/bin/sh\ncase "$*" in *-version*) echo "ffmpeg version 6.0"; echo "libavcodec 60. 3"; exit;; esac\necho $$ >> ${folder}/pids\nexec sleep 600\n`,
  );
  chmodSync(path, 0o755);
  return {PATH: `${bin}:${process.env.PATH}`};
}

const isAlive = pid => {
  try {
    return /^State:\s+[^Z]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function until(condition, ms) {
  for (const endMs = Date.now() + ms; Date.now() < endMs; await sleep(50)) if (condition()) return true;
  return condition();
}

const leavesNoFfmpeg = (how, stop) => ({
  name: `${how} while ffmpeg hangs`,
  expected: 'the command ends within 2 s, and no ffmpeg is left',
  skip: () => (process.platform === 'linux' ? undefined : 'reads /proc'),
  async run({folder, startRife}) {
    const [env, pids] = [hangingFfmpeg(folder), join(folder, 'pids')];
    clips(folder, () => {});
    const {child, ended} = startRife(readers.build, {env, timeoutMs: 30_000});
    check(await until(() => existsSync(pids), 20_000), 'ffmpeg was never started');
    await sleep(300);
    const stopMs = Date.now();
    await stop(child);
    const {timedOut} = await ended;
    check(!timedOut, 'the command did not end');
    const endMs = Date.now() - stopMs;
    check(endMs < 3000, `it took ${endMs} ms to end`);
    const left = () => readFileSync(pids, 'utf8').trim().split('\n').filter(isAlive);
    check(await until(() => left().length === 0, 3000), `ffmpeg ${left().join(', ')} is still there`);
    return `ended after ${endMs} ms`;
  },
});

export const attacks = [
  opensNothing('a DASH manifest', dashManifest),
  opensNothing('an endless HLS playlist', playlist, {...readers, doctor: ['data', 'doctor', 'clips']}),
  opensNothing('a concat script', concatScript),
  opensNothing('a session description (SDP)', sdp),
  pipeAs('a video', folder => clips(folder, train => pipe(join(train, 'evil.mkv')))),
  pipeAs('a frame', folder =>
    clips(folder, train => {
      mkdirSync(join(train, 'evil'));
      for (const name of ['1.png', '2.png', '3.png']) pipe(join(train, 'evil', name));
    }),
  ),
  pipeAs('a packed clip', folder => clips(folder, train => pipe(join(train, 'evil.rifeclip')))),
  pipeAs(
    'a list of clips',
    folder => {
      mkdirSync(join(folder, 'clips', 'sequences'), {recursive: true});
      pipe(join(folder, 'clips', 'tri_trainlist.txt'));
    },
    ['data', 'pack', 'clips', '--out', 'packed'],
  ),
  pipeAs('an image to predict from', folder => pipe(join(folder, 'a.png')), [
    'predict',
    'a.png',
    'a.png',
    '--weights',
    'none.pkl',
    '--out',
    'b.png',
  ]),
  {
    name: 'Ctrl-C twice, with a read that the operating system does not end',
    expected: 'the command ends within 2 s',
    skip: () => (process.platform === 'win32' ? 'no named pipes here' : undefined),
    async run({folder, startRife}) {
      clips(folder, () => {});
      pipe(join(folder, 'pipe'));
      // Code of the user, so nothing of ours can refuse to open the pipe.
      writeFileSync(
        join(folder, 'rife.config.mjs'),
        `import {readFile} from 'node:fs';
        import {definePlugin} from '${CORE}';
        const apply = ({hooks}) => hooks.beforeStep.tapPromise('user:hang', () => {
          readFile('pipe', () => {});
          console.log('hangs');
          return new Promise(() => setInterval(() => {}, 1000));
        });
        const plugins = [definePlugin({name: 'user:hang', apply})];
        export default {data: {root: 'clips', crop: 64, batch: 1, workers: 1}, steps: 2, plugins};`,
      );
      const {child, ended} = startRife(['train', '--execution', 'eager'], {timeoutMs: 60_000});
      const output = {text: ''};
      for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (output.text += text));
      check(await until(() => output.text.includes('hangs'), 50_000), `it did not begin: ${output.text}`);
      child.kill('SIGINT');
      await sleep(600);
      const secondMs = Date.now();
      child.kill('SIGINT');
      await ended;
      const tookMs = Date.now() - secondMs;
      check(tookMs < 2000, `it took ${tookMs} ms`);
      return `ended ${tookMs} ms after the second`;
    },
  },
  leavesNoFfmpeg('kill -9', child => child.kill('SIGKILL')),
  leavesNoFfmpeg('SIGTERM', child => child.kill('SIGTERM')),
  leavesNoFfmpeg('Ctrl-C twice', async child => {
    child.kill('SIGINT');
    await sleep(600);
    child.kill('SIGINT');
  }),
];

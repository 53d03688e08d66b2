/** Hostile videos given to `interpolate`, which has an ffmpeg of its own to start. */
import {existsSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {check, codeIn} from './tools.mjs';

export const topic = 'interpolate';

/** A server on loopback that counts what asks it. */
async function counting() {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    response.end();
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return {seen, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close()};
}

const PLAYLISTS = {
  'an HLS playlist': url => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${url}/a.ts\n`,
  'a concat script': url => `ffconcat version 1.0\nfile ${url}/a.mp4\n`,
  'a DASH manifest': url =>
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><BaseURL>${url}/</BaseURL></Period></MPD>\n`,
};

export const attacks = Object.entries(PLAYLISTS).map(([name, text]) => ({
  name: `${name} named as a video`,
  expected: 'refused with a code; nothing is asked for, and nothing is written',
  async run({folder, rife}) {
    const server = await counting();
    try {
      writeFileSync(join(folder, 'in.mkv'), text(server.url));
      const args = ['interpolate', 'in.mkv', '--weights', 'none.pkl', '--out', 'out.mp4'];
      const {code, stderr, timedOut} = await rife(args, {timeoutMs: 120_000});
      check(!timedOut, 'it did not end');
      check(code !== 0, 'it was accepted');
      check(server.seen.length === 0, `it asked for ${server.seen.join()}`);
      check(!existsSync(join(folder, 'out.mp4')), 'something was written');
      return `${codeIn(stderr)}, exit code ${code}, no request`;
    } finally {
      server.close();
    }
  },
}));

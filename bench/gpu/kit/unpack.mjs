/** Puts the pieces of a kit together: `node unpack.mjs PIECES TARGET`. Called by start.sh. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {brotliDecompress} from 'node:zlib';

const [pieces, target] = process.argv.slice(2);
const names = readdirSync(pieces)
  .filter(name => /^piece-\d+\.br$/.test(name))
  .sort();
const raw = async name => promisify(brotliDecompress)(await readFile(join(pieces, name)));

const tar = spawn('tar', ['-C', target, '-xf', '-'], {stdio: ['pipe', 'inherit', 'inherit']});
const ended = once(tar, 'close');
// Some are decompressed ahead, on other cores; they are written in their order.
const ahead = [];
for (let i = 0; i < names.length; i++) {
  while (ahead.length < availableParallelism() && i + ahead.length < names.length)
    ahead.push(raw(names[i + ahead.length]));
  if (!tar.stdin.write(await ahead.shift())) await once(tar.stdin, 'drain');
}
tar.stdin.end();
const [code] = await ended;
process.exitCode = code ?? 1;

/** Pictures, packed clips and lists that declare more than they are, or lead elsewhere. */
import {cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {crc32, deflateSync} from 'node:zlib';
import {clips, DEMO_VIDEO, FRAME, readers} from './demoClips.mjs';
import {check} from './tools.mjs';

export const topic = 'pictures';

/** A chunk of a PNG. */
function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}

/** A PNG of one colour; its pixels take a thousandth of their size. */
function hugePng(side) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2, 0, 0, 0], 8);
  // The first rows only: who allocates for the rest has lost already.
  const pixels = deflateSync(Buffer.alloc((1 + side * 3) * 64));
  const sign = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([sign, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** A packed clip whose header declares what it likes, with right checksums. */
function packOf(fields) {
  const source = {kind: 'folder', bytes: 1, fingerprint: 'x'};
  const header = Buffer.from(
    JSON.stringify({
      id: 'a',
      width: 64,
      height: 64,
      frames: 3,
      codec: 'deflate',
      tile: 64,
      source,
      ...fields,
    }),
  );
  const {width = 64, height = 64, frames = 3, tile = 64} = fields;
  const tiles = frames * Math.ceil(width / tile) * Math.ceil(height / tile);
  const stored = deflateSync(Buffer.alloc(1 << 20));
  const table = Buffer.alloc(8 * tiles);
  for (let i = 0; i < tiles; i++) {
    table.writeUInt32LE(stored.length, 8 * i);
    table.writeUInt32LE(crc32(stored), 8 * i + 4);
  }
  const start = Buffer.alloc(40);
  start.write('RIFECLIP');
  [1, header.length, table.length, crc32(header), crc32(table)].forEach((value, i) =>
    start.writeUInt32LE(value, 8 + 4 * i),
  );
  start.writeBigUInt64LE(BigInt(40 + header.length + table.length + stored.length * tiles), 28);
  start.writeUInt32LE(crc32(start.subarray(0, 36)), 36);
  return Buffer.concat([start, header, table, ...Array.from({length: tiles}, () => stored)]);
}

/** A Vimeo90K folder whose list names `line`, and a clip that is where the line leads. */
function vimeo(folder, line) {
  const root = join(folder, 'vimeo');
  for (const place of [join(root, 'sequences', '1', '1'), join(folder, 'elsewhere', '1')]) {
    mkdirSync(place, {recursive: true});
    for (const i of [1, 2, 3]) cpSync(FRAME, join(place, `im${i}.png`));
  }
  writeFileSync(
    join(root, 'tri_trainlist.txt'),
    `1/1\n${line}\n${Array.from({length: 20}, () => '1/1').join('\n')}\n`,
  );
}

/** The demo video with tables that declare two billion frames of a byte each. */
function endlessVideo() {
  const bytes = readFileSync(DEMO_VIDEO);
  for (const [box, at, value] of [
    ['stsz', 8, 1],
    ['stsz', 12, 2e9],
    ['stts', 12, 2e9],
  ])
    bytes.writeUInt32BE(value, bytes.indexOf(box) + at);
  return bytes;
}

export const attacks = [
  {
    name: 'a video whose tables declare two billion frames',
    expected: 'named as bad at once, without a list of them',
    async run({folder, rife}) {
      clips(folder, train => writeFileSync(join(train, 'evil.mp4'), endlessVideo()));
      const {stdout, stderr, timedOut} = await rife(readers.pack);
      check(!timedOut, 'it did not end');
      check(/evil.*RIFE_ERR_DATA_VIDEO/.test(stdout + stderr), `it is not named: ${stdout}${stderr}`);
      return 'named as bad';
    },
  },
  {
    name: 'a PNG of 30,000 x 30,000 pixels',
    expected: 'refused with its size and the limit, without memory for its pixels',
    async run({folder, rife}) {
      clips(folder, train => {
        mkdirSync(join(train, 'evil'));
        for (const name of ['1.png', '2.png', '3.png'])
          writeFileSync(join(train, 'evil', name), hugePng(30_000));
      });
      const {stdout, stderr, timedOut} = await rife(readers.pack);
      check(!timedOut, 'it did not end');
      check(/30000 x 30000/.test(stdout + stderr), `its size is not named: ${stdout}${stderr}`);
      return 'refused by its size';
    },
  },
  {
    name: 'an SVG and a PDF named .png',
    expected: 'refused by content; no file that they name is opened',
    async run({folder, rife}) {
      clips(folder, train => {
        for (const [name, content] of [
          [
            'svg',
            '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><image href="/etc/passwd"/></svg>',
          ],
          ['pdf', '%PDF-1.4\n'],
        ]) {
          mkdirSync(join(train, name));
          for (const frame of ['1.png', '2.png', '3.png']) writeFileSync(join(train, name, frame), content);
        }
      });
      const {stdout, stderr} = await rife(readers.pack);
      for (const kind of ['an SVG drawing', 'a PDF'])
        check((stdout + stderr).includes(kind), `it does not name ${kind}: ${stdout}${stderr}`);
      return 'named as an SVG drawing and a PDF';
    },
  },
  {
    name: 'packed clips that declare tiles and frames of 65,535 x 65,535',
    expected: 'refused by their header, before memory is taken',
    async run({folder, rife}) {
      clips(folder, train => {
        writeFileSync(join(train, 'tiles.rifeclip'), packOf({width: 65535, height: 65535, tile: 65535}));
      });
      const {stdout, stderr, timedOut} = await rife(['data', 'pack', 'clips', '--out', 'packed']);
      check(!timedOut, 'it did not end');
      check(/tiles.*\n?.*(16384|pixels)/.test(stdout + stderr), `the limit is not named: ${stdout}${stderr}`);
      return 'refused by their size';
    },
  },
  ...['../../../elsewhere/1', '1/../../../elsewhere/1', '..\\..\\..\\elsewhere\\1'].map(line => ({
    name: `a list of clips that names ${line}`,
    expected: 'nothing is read or written outside the data folder and --out',
    async run({folder, rife}) {
      vimeo(folder, line);
      const before = readdirSync(join(folder, 'elsewhere')).sort().join();
      const {stdout, stderr} = await rife(['data', 'pack', 'vimeo', '--out', 'out/packed']);
      const after = readdirSync(join(folder, 'elsewhere')).sort().join();
      const files = readdirSync(folder, {recursive: true}).filter(name => name.endsWith('.rifeclip'));
      const outside = files.filter(name => !name.startsWith(join('out', 'packed')));
      check(before === after && outside.length === 0, `it wrote ${outside.join(', ')}`);
      check((stdout + stderr).includes('elsewhere'), `the line is not named: ${stdout}${stderr}`);
      return 'the line is refused';
    },
  })),
];

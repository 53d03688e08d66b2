/** Weights from somebody else: what runs, opens, or takes more than it is. */
import {execFileSync} from 'node:child_process';
import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {FRAME} from './demoClips.mjs';
import {check, codeIn} from './tools.mjs';

export const topic = 'weights';

const u32 = value => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
/** Parts joined; strings are opcodes, one byte a character. */
const joined = (...parts) =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
/** BINUNICODE. */
const text = value => joined('X', u32(Buffer.byteLength(value)), Buffer.from(value));

/** A file as torch.save wrote it before 1.6: a magic number, the protocol, facts, the object. */
const legacy = (...object) =>
  joined(
    ...['\x80\x02\x8a\x0a', Buffer.from('6cfc9c46f9206aa85019', 'hex'), '.'],
    ...['\x80\x02M', Buffer.from([0xe9, 0x03]), '.', '\x80\x02}.', '\x80\x02', ...object, '.', '\x80\x02].'],
  );

/** A safetensors file; `header` is an object or JSON text. */
function safetensors(header, data = Buffer.alloc(24)) {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}
const six = (from, to, shape = [6]) => ({dtype: 'F32', shape, data_offsets: [from, to]});

/** Name, bytes, and what has to be in the message. */
const FILES = [
  [
    'a pickle that calls os.system',
    folder => legacy('cos\nsystem\n(', text(`touch ${join(folder, 'owned')}`), 'tR'),
    /os\.system/,
  ],
  [
    'a pickle that builds an object of another class',
    folder =>
      legacy('}(', text('w'), 'csubprocess\nPopen\n(', text(`touch ${join(folder, 'owned')}`), 't\x81u'),
    /subprocess\.Popen/,
  ],
  ['a pickle 1,000,000 lists deep', () => legacy(']'.repeat(1e6), 'a'.repeat(1e6 - 1)), /RIFE_ERR_WEIGHTS/],
  ['a pickle that declares 2 GB of text', () => legacy('X', u32(0x7fffffff), 'short'), /RIFE_ERR_WEIGHTS/],
  [
    'a safetensors header of 9 exabytes',
    () => Buffer.concat([Buffer.from('ffffffffffffff7f', 'hex'), Buffer.from('{}')]),
    /RIFE_ERR_SAFETENSORS/,
  ],
  [
    'a safetensors shape of terabytes',
    () => safetensors({w: six(0, 24, [2 ** 21, 2 ** 21])}),
    /RIFE_ERR_SAFETENSORS/,
  ],
  [
    'safetensors entries that overlap',
    () => safetensors({a: six(0, 24), b: six(0, 24)}),
    /RIFE_ERR_SAFETENSORS/,
  ],
  [
    'a safetensors entry that is there twice',
    () =>
      safetensors(
        '{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}',
      ),
    /RIFE_ERR_SAFETENSORS/,
  ],
  [
    'NaN in a safetensors header',
    () => safetensors('{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,24]}}'),
    /RIFE_ERR_SAFETENSORS/,
  ],
  [
    'a safetensors name with terminal escapes',
    () => safetensors({'\u001b[2J\u009b31m': six(0, 20)}, Buffer.alloc(20)),
    /RIFE_ERR_SAFETENSORS/,
  ],
];

const predict = file => ['predict', FRAME, FRAME, '--weights', file, '--out', 'out.png'];

const inspect = file => ['weights', 'inspect', file];

async function refuses({folder, rife}, file, says, commands = [inspect]) {
  const codes = new Set();
  for (const command of commands) {
    const args = command(file);
    const {code, stdout, stderr, timedOut} = await rife(args);
    const [name] = args;
    check(!timedOut, `${name} did not end`);
    check(!existsSync(join(folder, 'owned')), `${name} ran code of the file`);
    check(code !== 0 && /RIFE_ERR_/.test(stderr), `${name} took it, or without a code: ${stdout}${stderr}`);
    check(says.test(stderr), `${name} does not say why: ${stderr}`);
    check(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(stderr), `${name}: a control character`);
    codes.add(codeIn(stderr));
  }
  return [...codes].join(', ');
}

const special = (name, make) => ({
  name,
  expected: 'refused: only regular files are read',
  skip: () => (process.platform === 'win32' ? 'no such files here' : undefined),
  run: tools => refuses(tools, make(tools.folder), /only regular files are read/, [inspect, predict]),
});

export const attacks = [
  ...FILES.map(([name, content, says]) => ({
    name,
    expected: 'refused with a code; no code of the file runs, and no memory is taken for what it declares',
    run(tools) {
      const file = join(tools.folder, 'evil.pkl');
      writeFileSync(file, content(tools.folder));
      return refuses(tools, file, says, name.includes('os.system') ? [inspect, predict] : [inspect]);
    },
  })),
  special('a named pipe as weights', folder => {
    execFileSync('mkfifo', [join(folder, 'pipe.pkl')]);
    return join(folder, 'pipe.pkl');
  }),
  special('/dev/zero as weights', () => '/dev/zero'),
];

import {end, SIX, torchEntries, torchLegacy, torchZip, zip, type Entry} from './support/archives.js';
import {asm, oneTensor, pickle} from './support/assembler.js';
import {code, decode, refusal} from './support/codes.js';

const one = oneTensor();
const [data, six] = torchEntries(one) as [Entry, Entry];

test.each<[string, Buffer, string]>([
  ['no end', torchZip(one).subarray(0, -1), 'its end is missing'],
  ['a storage missing', zip([data]), 'its entry "m/data/0" is missing'],
  ['two data.pkl', zip([data, six, {...data, name: 'n/data.pkl'}]), 'it has 2 entries data.pkl'],
  ['an entry twice', zip([data, six, six]), 'entry "m/data/0" occurs twice'],
  ['a wrong checksum', zip([data, {...six, crc: 1}]), 'entry "m/data/0" has another checksum'],
  [
    'a wrong checksum of deflated data',
    zip([data, {...six, crc: 1, deflated: true}]),
    'has another checksum',
  ],
  [
    'too few bytes stored',
    zip([data, {...six, content: SIX.subarray(4)}]),
    'storage "0" has 20 bytes, 24 are announced',
  ],
  [
    'too many bytes stored',
    zip([data, {...six, content: Buffer.concat([SIX, SIX])}]),
    'storage "0" has 48 bytes',
  ],
  ['two sizes of a stored entry', zip([data, {...six, bytes: 20}]), 'is stored, but has two sizes'],
  [
    'data that inflates to less',
    zip([data, {...six, deflated: true, bytes: 30}]),
    'has 24 bytes, its directory says 30',
  ],
  [
    'data that is not deflated',
    zip([data, {...six, content: Buffer.alloc(24, 0xff), method: 8}]),
    'does not unpack',
  ],
  ['another method', zip([data, {...six, method: 12}]), 'is packed by method 12'],
  ['an encrypted entry', zip([data, {...six, flags: 1}]), 'entry "m/data/0" is encrypted'],
  [
    'an entry that overlaps',
    zip([data, {...six, headerAt: 0, localName: 'x'}]),
    'has another name at its place',
  ],
  ['an entry elsewhere', zip([data, {...six, headerAt: 7}]), 'is not where its directory says'],
  ['an entry past the end', zip([data, {...six, headerAt: 0xfffffff0}]), 'is not where its directory says'],
  [
    'an entry that is too long',
    zip([data, {...six, packedBytes: 5000, bytes: 5000}]),
    'reaches beyond the end',
  ],
  ['another local name', zip([data, {...six, localName: 'm/data/1'}]), 'has another name at its place'],
])('an archive with %s is refused', (_, content, problem) => {
  expect(refusal(content, 'WEIGHTS_CORRUPT')).toContain(problem);
});

test('an archive of more entries than any weights file has is refused before they are read', () => {
  const directory = Buffer.alloc(46 * 100_001);
  const content = Buffer.concat([
    asm('PK\x03\x04'),
    directory,
    end(100_001, 4, directory.length, {zip64: true}),
  ]);
  expect(refusal(content, 'WEIGHTS_CORRUPT')).toContain('it has 100001 entries');
});

test('entries that share bytes are refused', () => {
  const inner = zip([six]);
  const content = zip([
    data,
    {name: 'outer', content: inner},
    {...six, headerAt: 30 + 10 + data.content.length + 30 + 5},
  ]);
  expect(refusal(content, 'WEIGHTS_CORRUPT')).toContain('overlaps another one');
});

test.each<[string, Buffer, string]>([
  [
    'another magic number',
    asm('\x80\x02\x8a\x0b', Buffer.from('6cfc9c46f9206aa8501901', 'hex'), '.'),
    'its magic number is wrong',
  ],
  [
    'another protocol',
    Buffer.from(torchLegacy(one).toString('latin1').replace('M\xe9\x03', 'M\xe8\x03'), 'latin1'),
    'its protocol is not 1001',
  ],
  [
    'no list of storages',
    asm(torchLegacy(one, {}).subarray(0, -6), pickle('N')),
    'it has no list of storages',
  ],
  ['a storage not in the list', torchLegacy(one, {}), 'a storage is not in its list'],
  ['an unknown storage in the list', torchLegacy(one, {'0': SIX, '1': SIX}), 'does not fit its tensors'],
  ['its end missing', torchLegacy(one).subarray(0, -1), 'its end is missing'],
  ['a storage missing', torchLegacy(one).subarray(0, -30), 'its end is missing'],
  ['bytes after its end', asm(torchLegacy(one), 'x'), '1 bytes follow its last storage'],
  [
    'another number of elements',
    torchLegacy(one, {'0': SIX.subarray(4)}),
    'a storage has 5 elements, 6 are announced',
  ],
])('a legacy file with %s is refused', (_, content, problem) => {
  expect(refusal(content, 'WEIGHTS_CORRUPT')).toContain(problem);
});

test('every truncation of sound files is refused', () => {
  for (const content of [torchZip(one), torchLegacy(one), zip([data, {...six, deflated: true}])])
    for (let length = 0; length < content.length; length++)
      expect(() => decode(content.subarray(0, length))).toThrow(
        expect.objectContaining({code: expect.stringMatching(/^RIFE_ERR_WEIGHTS_/)}),
      );
});

test('every flipped bit of a storage in an archive is found by its checksum', () => {
  const content = torchZip(one);
  const at = content.indexOf(SIX);
  for (let bit = 0; bit < 8 * SIX.length; bit++) {
    const flipped = Buffer.from(content);
    flipped[at + (bit >> 3)]! ^= 1 << (bit & 7);
    expect(() => decode(flipped)).toThrow(code('WEIGHTS_CORRUPT'));
  }
});

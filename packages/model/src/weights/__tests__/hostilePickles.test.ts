import {SIX, torchEntries, torchLegacy, torchZip, zip, type Entry} from './support/archives.js';
import {
  asm,
  call,
  dict,
  global,
  int,
  oneTensor,
  orderedDict,
  pickle,
  storage,
  tensor,
  text,
  tuple,
  u32,
  u64,
} from './support/assembler.js';
import {decode, refusal} from './support/codes.js';

const PARAMETER = global('torch.nn.parameter', 'Parameter');
const one = oneTensor();
/** In both formats, as the pickle is what matters. */
const both = (data: Uint8Array) => [torchZip(data), torchLegacy(data)];

describe('a pickle that names something else', () => {
  const short = (value: string) => asm('\x8c', Buffer.of(value.length), value);
  const command = asm(text('touch /tmp/owned'), '\x85');

  test.each<[string, Buffer, string]>([
    ['by GLOBAL', pickle(global('os', 'system'), command, 'R'), 'os.system'],
    ['by STACK_GLOBAL', pickle(short('posix'), short('system'), '\x93', command, 'R'), 'posix.system'],
    ['by INST', pickle('(', text('id'), 'ios\nsystem\n'), 'os.system'],
    ['for OBJ', pickle('(', global('os', 'system'), text('id'), 'o'), 'os.system'],
    ['for NEWOBJ', pickle(global('subprocess', 'Popen'), command, '\x81'), 'subprocess.Popen'],
    ['as an extension', pickle('\x82\x01'), 'copyreg extension (EXT1)'],
    ['as a long extension', pickle('\x84', u32(7)), 'copyreg extension (EXT4)'],
    ['among builtins', pickle(global('builtins', 'eval'), command, 'R'), 'builtins.eval'],
    ['in Python 2', pickle(global('__builtin__', 'getattr')), '__builtin__.getattr'],
    [
      'deep in a checkpoint',
      pickle(dict([text('a'), dict([text('b'), global('numpy', 'dtype')])])),
      'numpy.dtype',
    ],
    ['by a dotted path', pickle(global('torch', 'os.system')), 'torch.os.system'],
    ['of torch that is not needed', pickle(global('torch.hub', 'load')), 'torch.hub.load'],
    ['with a name of JavaScript', pickle(global('toString', 'constructor')), 'toString.constructor'],
    ['with a storage of another module', pickle(global('evil', 'FloatStorage')), 'evil.FloatStorage'],
    ['from an object', pickle(global('torch', '__proto__')), 'torch.__proto__'],
  ])('%s is refused by its name', (_, data, name) => {
    for (const content of both(data))
      expect(refusal(content, 'WEIGHTS_GLOBAL')).toContain(JSON.stringify(name));
  });

  test('and control characters of a name do not reach the terminal', () => {
    const message = refusal(torchZip(pickle(global('\x1b[2J', 'x'.repeat(500)))), 'WEIGHTS_GLOBAL');
    expect(message).toContain('\\u001b[2J.xxx');
    expect(message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    expect(message.length).toBeLessThan(500);
  });
});

test.each(['ComplexFloatStorage', 'QInt8Storage', 'UntypedStorage'])('%s has no dtype here', name => {
  expect(refusal(torchZip(pickle(global('torch', name))), 'WEIGHTS_DTYPE')).toContain(`torch.${name}`);
});

const rebuild = global('torch._utils', '_rebuild_tensor_v2');
const wrong = (...args: (string | Buffer)[]) => pickle(dict([text('w'), call(rebuild, ...args)]));

test.each<[string, Buffer, string]>([
  ['nothing', asm(''), 'asks for 1 bytes where 0 are left'],
  ['no protocol', asm('}.'), 'does not begin with its protocol'],
  ['protocol 0', asm('\x80\x00}.'), 'protocol 0'],
  ['protocol 6', asm('\x80\x06}.'), 'protocol 6'],
  ['no end', asm('\x80\x02}'), 'asks for 1 bytes where 0 are left'],
  ['nothing on the stack', pickle(''), 'the stack is empty'],
  ['a pop too many', pickle('0'), 'no mark is set'],
  ['a tuple without a mark', pickle('t'), 'no mark is set'],
  ['TUPLE3 of two', pickle('NN\x87'), 'the stack is empty'],
  ['an empty memo', pickle('h\x07'), 'memo 7 is empty'],
  ['an opcode that does not exist', pickle('\xff'), 'opcode 255 does not exist'],
  ['an opcode of protocol 0', pickle('I1\n'), 'INT, which torch.save does not write'],
  ['NEWOBJ of an allowed class', pickle(global('collections', 'OrderedDict'), ')\x81'), 'NEWOBJ'],
  ['NEWOBJ of a parameter without a tensor', pickle(PARAMETER, ')\x81'), 'is created without a tensor'],
  ['NEWOBJ of a number', pickle('K\x01)\x81'), 'NEWOBJ'],
  [
    'another state of a parameter',
    pickle(PARAMETER, tensor(), '\x85\x81', tuple('N', 'N'), 'b'),
    'a tensor gets a tuple of 2 as its state',
  ],
  ['INST of an allowed class', pickle('(icollections\nOrderedDict\n'), 'INST'],
  ['a class without end', pickle('c', 'x'.repeat(5000)), 'a name does not end'],
  ['a class named by numbers', pickle('NN\x93'), 'a class is named by None and None'],
  ['a call of a number', pickle('K\x01)R'), 'a number is called'],
  [
    'a call of a storage class',
    pickle(global('torch', 'FloatStorage'), ')R'),
    'torch.FloatStorage is called',
  ],
  ['a call without a tuple', pickle(global('collections', 'OrderedDict'), ']R'), 'called with a list of 0'],
  [
    'an OrderedDict of pairs',
    pickle(global('collections', 'OrderedDict'), ']\x85R'),
    'is created with arguments',
  ],
  ['a key in a list', pickle(']NNs'), 'a key is put into a list of 0'],
  ['a key without value', pickle('}(Nu'), 'a key has no value'],
  ['an item in a dict', pickle('}Na'), 'an item is put into a dict of 0'],
  ['state of a list', pickle(']}b'), 'a list of 0 gets a dict of 0 as its state'],
  ['state that is no dict', pickle('}Nb'), 'a dict of 0 gets None as its state'],
  ['a string that is not there', pickle('X', u32(0xffffffff), 'a'), 'asks for 4294967295 bytes'],
  ['a string of 2^64 bytes', pickle('\x8d', u64(2n ** 64n - 1n)), 'asks for 18446744073709552000 bytes'],
  ['bytes of 2^63 bytes', pickle('\x8e', u64(2n ** 63n)), 'asks for 9223372036854776000 bytes'],
  ['a string of a negative length', pickle('T', u32(0xffffffff)), 'a string has -1 bytes'],
  ['a string that is not UTF-8', pickle('X', u32(2), '\xc3\x28'), 'not UTF-8'],
  ['an integer of 2 GB', pickle('\x8b', u32(0x7fffffff)), 'an integer has 2147483647 bytes'],
  ['an integer of a negative length', pickle('\x8b', u32(0xffffffff)), 'an integer has -1 bytes'],
  ['a persistent id that is a string', pickle(text('storage'), 'Q'), 'not that of a storage'],
  ['a persistent id of a module', pickle(tuple(text('module'), 'N'), 'Q'), 'not that of a storage'],
  [
    'a storage without class',
    pickle(tuple(text('storage'), text('f'), text('0'), 'N', 'K\x01'), 'Q'),
    'has no class',
  ],
  [
    'a storage of another class',
    pickle(tuple(text('storage'), global('collections', 'OrderedDict'), text('0'), 'N', 'K\x01'), 'Q'),
    'has no class',
  ],
  [
    'a storage without key',
    pickle(tuple(text('storage'), global('torch', 'FloatStorage'), 'N', 'N', 'K\x01'), 'Q'),
    'has no key',
  ],
  ['a storage of -1 elements', pickle(storage({length: -1})), 'no number of elements'],
  ['a storage of 2^60 elements', pickle(storage({length: 2n ** 60n})), 'no number of elements'],
  ['a storage in two ways', pickle(storage({length: 1}), storage({length: 2})), 'described in two ways'],
  ['a tensor without storage', wrong('N', int(0), ')', ')'), 'a tensor has no storage'],
  ['a tensor without offset', wrong(storage({}), 'N', ')', ')'), 'the offset of a tensor is not an integer'],
  ['sizes that are a list', wrong(storage({}), int(0), ']', ')'), 'the sizes of a tensor are not a tuple'],
  [
    'sizes that are strings',
    wrong(storage({}), int(0), tuple(text('2')), ')'),
    'sizes of a tensor are not integers',
  ],
  [
    'a tensor whose values count as negated',
    wrong(storage({}), int(0), tuple(int(6)), tuple(int(1)), '\x89', '}', dict([text('neg'), '\x88'])),
    'a tensor has attributes beside its values',
  ],
  [
    'strides that are too large',
    wrong(storage({}), int(0), tuple(int(2)), tuple(int(2n ** 60n))),
    'strides of a tensor are not integers',
  ],
  ['nine axes', oneTensor({shape: Array(9).fill(1), strides: Array(9).fill(1)}), 'a tensor has 9 sizes'],
  [
    'a parameter of nothing',
    pickle(call(global('torch._utils', '_rebuild_parameter'), 'N', '\x89', '}')),
    'a parameter is created without a tensor',
  ],
])('a pickle with %s is refused', (_, data, problem) => {
  expect(refusal(torchZip(data), 'WEIGHTS_PICKLE')).toContain(problem);
});

test.each<[string, Parameters<typeof oneTensor>[0], string]>([
  ['negative strides', {strides: [-3, 1], offset: 3}, 'has strides [-3, 1]'],
  ['a negative side', {shape: [-2, 3]}, 'has shape [-2, 3]'],
  ['a negative offset', {offset: -1}, 'begins at element -1'],
  ['too few strides', {strides: [1]}, 'has 2 axes and 1 strides'],
  ['one element too many', {shape: [7], strides: [1]}, 'needs 7 elements of a storage of 6'],
  ['an offset too far', {offset: 1}, 'needs 7 elements of a storage of 6'],
  ['strides too far', {strides: [4, 1]}, 'needs 7 elements of a storage of 6'],
  ['nothing, past the end', {shape: [0], strides: [1], offset: 7}, 'needs 7 elements of a storage of 6'],
  [
    'a shape that overflows',
    {shape: [2 ** 40, 2 ** 40], strides: [2 ** 40, 1]},
    'elements of a storage of 6',
  ],
  [
    'sides and strides that overflow',
    {shape: [2 ** 52, 2 ** 52], strides: [2 ** 52, 2 ** 52]},
    'elements of a storage of 6',
  ],
])('a tensor with %s is refused', (_, view, problem) => {
  for (const content of both(oneTensor(view)))
    expect(refusal(content, 'WEIGHTS_TENSOR')).toMatch(
      new RegExp(`Tensor "w" of "x.pkl" .*${problem.replace(/[[\]]/g, '\\$&')}`),
    );
});

describe('what would take much memory is refused before it does', () => {
  test('a stride of 0 over a large shape', () => {
    for (const shape of [[2 ** 30], [2 ** 40, 2 ** 40]])
      for (const content of both(oneTensor({shape, strides: shape.map(() => 0)})))
        expect(refusal(content, 'WEIGHTS_SIZE')).toContain('The tensors');
  });

  test('many tensors of one storage', () => {
    const zeros = Buffer.alloc(4 * 2 ** 20);
    const view = {length: 2 ** 20, shape: [2 ** 20], strides: [1]};
    const names = Array.from({length: 40}, (_, i) => [text(`w${i}`), tensor(view)] as [Buffer, Buffer]);
    const entries = torchEntries(pickle(dict(...names)), {'0': zeros}).map(entry => ({
      ...entry,
      deflated: true,
    }));
    expect(refusal(zip(entries), 'WEIGHTS_SIZE')).toContain('The tensors');
  });

  test('a billion laughs: tuples of tuples take no more than their opcodes', () => {
    const lists = Array.from({length: 200}, () => '2\x86');
    expect(refusal(torchZip(pickle('N', ...lists)), 'WEIGHTS_EMPTY')).toContain('a tuple of 2');
    const named = dict([asm('N', ...lists), tensor()]);
    expect(refusal(torchZip(pickle(named)), 'WEIGHTS_EMPTY')).toContain('a tuple of 2: a tensor');
  });

  test('a dict that holds itself', () => {
    expect(refusal(torchZip(pickle('}q\x00', text('self'), 'h\x00s')), 'WEIGHTS_EMPTY')).toContain(
      '"self": a dict of 1',
    );
    expect(refusal(torchZip(pickle(']q\x00h\x00a')), 'WEIGHTS_EMPTY')).toContain('a list of 1');
  });

  test('a hundred thousand marks, lists in lists, tuples in tuples', () => {
    const many = 100_000;
    expect(refusal(torchZip(pickle('('.repeat(many), 'N')), 'WEIGHTS_EMPTY')).toContain('None');
    expect(refusal(torchZip(pickle(']'.repeat(many), 'a'.repeat(many - 1))), 'WEIGHTS_EMPTY')).toContain(
      'a list',
    );
    expect(refusal(torchZip(pickle('N', '\x85'.repeat(many))), 'WEIGHTS_EMPTY')).toContain('a tuple of 1');
  });

  test('more operations than any state_dict has', () => {
    expect(refusal(torchZip(pickle('N'.repeat(2_000_001))), 'WEIGHTS_PICKLE')).toContain(
      'more than 2000000 operations',
    );
  });

  test('an archive that unpacks to more than it may', () => {
    const bomb: Entry = {name: 'm/data/0', content: Buffer.alloc(80 * 2 ** 20), deflated: true};
    const message = refusal(zip([...torchEntries(one, {}), bomb]), 'WEIGHTS_SIZE');
    expect(message).toContain('The unpacked content');
  });

  test('an archive that unpacks to more than it says', () => {
    const content = Buffer.alloc(80 * 2 ** 20);
    const liar: Entry = {name: 'm/data/0', content, deflated: true, bytes: 24};
    expect(refusal(zip([...torchEntries(one, {}), liar]), 'WEIGHTS_CORRUPT')).toContain('does not unpack');
  });

  test('a directory that announces 4 exabytes', () => {
    const liar: Entry = {name: 'm/data/0', content: SIX, deflated: true, bytes: 2 ** 62};
    expect(refusal(zip([...torchEntries(one, {}), liar], {zip64: true}), 'WEIGHTS_SIZE')).toContain(
      '4611686018427',
    );
  });
});

test('attributes cannot come in through a dict', () => {
  const {tensors} = decode(torchZip(pickle(orderedDict, text('__proto__'), tensor(), 's')));
  expect([...tensors.keys()]).toEqual(['__proto__']);
});

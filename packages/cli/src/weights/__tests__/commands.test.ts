/** The commands as a user calls them; test/e2e/weights.test.ts runs the built ones. */
import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {readWeights, writeWeights} from '@rife-train/model/weights';
import {main} from '../../program.js';
import {floats, networkTensors, SMALL, temporaryFolder, without, writeCheckpoint} from './files.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

async function run(...argv: string[]) {
  const texts = {out: '', err: ''};
  const code = await main(['weights', ...argv], {
    cwd: folder,
    stdout: {write: text => (texts.out += text)},
    stderr: {write: text => (texts.err += text)},
  });
  return {code, ...texts};
}
const save = (name: string, tensors: ReturnType<typeof networkTensors>, prefix = '') =>
  writeWeights(at(name), tensors, {format: 'safetensors', prefix});
const jsonOf = async (...argv: string[]) => JSON.parse((await run(...argv)).out) as Record<string, unknown>;

beforeAll(async () => {
  mkdirSync(at('sub'));
  await save('a.safetensors', networkTensors());
  await writeCheckpoint(at('run/checkpoints/step-00000012'), 12);
});

describe('inspect', () => {
  test('a file that fits', async () => {
    const {code, out} = await run('inspect', 'a.safetensors');
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines.slice(0, 8)).toEqual([
      `file       ${at('a.safetensors')}`,
      'format     safetensors',
      'prefix     none',
      expect.stringMatching(/^tensors {4}158, 3,[\d,]+ values, F32$/),
      "network    IFNet, widths 6, 4 (not the reference's blocks)",
      '           scales are not in a file; usual for 2 blocks: 2, 1',
      'fit        all 158 tensors of the network',
      '',
    ]);
    expect(lines[8]).toMatch(/^module +tensors +values +min +max +rms +non-finite$/);
    expect(lines.slice(9, 15).map(line => line.split(/ +/).slice(0, 2))).toEqual([
      ['block0', '32'],
      ['block1', '32'],
      ['block_tea', '32'],
      ['contextnet', '24'],
      ['unet', '38'],
      ['all', '158'],
    ]);
    expect(lines[9]).toMatch(/-0\.25 +0\.25 +0\.17\d+ +0$/);
  });

  test('a network with additions', async () => {
    const options = {...SMALL, fusion: true, receptiveField: 'dilated'} as const;
    await save('more.safetensors', networkTensors(options));
    const {out} = await run('inspect', 'more.safetensors');
    expect(out).toMatch(/blocks\), fused context features, dilated branches\n.*\nfit +all \d+ tensors/);
  });

  test('what is missing, of another shape, extra, or not finite', async () => {
    const tensors = without(networkTensors(), /^block_tea\.|^unet\.conv\.bias/);
    tensors.set(
      'block0.lastconv.bias',
      floats([7], i => i),
    );
    tensors.set(
      'encode.weight',
      floats([2], i => [NaN, 1][i]!),
    );
    await save('odd.safetensors', tensors, 'module.');
    const {code, out} = await run('inspect', 'odd.safetensors');
    expect(code).toBe(0);
    expect(out).toContain('prefix     module.\n');
    expect(out).toContain(`fit        124 of 158 tensors of the network
missing    block_tea: 32 of 32 tensors missing
           unet: 1 of 38 tensors missing: unet.conv.bias
other      block0: 1 of 32 tensors with another shape: block0.lastconv.bias is [7], not [5]
extra      encode: 1 tensor (encode.weight)
`);
    expect(out).toMatch(/^encode +1 +2 +1 +1 +1 +1$/m);
  });

  test('a run: the step, and the scales that its checkpoint knows', async () => {
    const {out} = await run('inspect', 'run');
    expect(out).toContain('checkpoint step 12\n');
    expect(out).toContain('scales 2, 1, as the checkpoint says');
  });

  test('--tensors lists each one', async () => {
    const {out} = await run('inspect', 'a.safetensors', '--tensors');
    expect(out).toMatch(
      /^block0\.conv0\.0\.0\.weight +F32 +\[3, 6, 3, 3\] +162 +-0\.2\d+ +0\.2\d+ +0\.1\d+ +0$/m,
    );
    expect(out.match(/ F32 /g)).toHaveLength(158);
  });

  test('--json', async () => {
    const report = await jsonOf('inspect', 'run', '--json', '--tensors');
    expect(report).toMatchObject({
      format: 'safetensors',
      step: 12,
      prefix: '',
      dtypes: {F32: 158},
      network: {...SMALL, scalesKnown: true},
      match: {loaded: 158, missing: [], extra: [], misshaped: []},
      all: {tensors: 158, nonFinite: 0},
      modules: {unet: {tensors: 38}},
    });
    expect(report['tensors']).toHaveLength(158);
    expect((await jsonOf('inspect', 'a.safetensors', '--json'))['network']).toMatchObject({
      scalesKnown: false,
    });
  });

  test('weights of something else', async () => {
    await save('else.safetensors', new Map([['conv1.weight', floats([2], i => i)]]));
    expect((await run('inspect', 'else.safetensors')).out).toContain('network    none of RIFE');
    expect((await jsonOf('inspect', 'else.safetensors', '--json'))['network']).toBeNull();
  });

  test('the reference is called so', async () => {
    const bias = new Map([['block0.lastconv.bias', floats([5], i => i)]]);
    await save('bias.safetensors', bias);
    expect((await run('inspect', 'bias.safetensors')).out).toContain(
      "network    IFNet, widths 240, 150, 90 (blocks as the reference's)\n",
    );
  });

  test('a checkpoint whose network is not known here is deduced', async () => {
    await writeCheckpoint(at('unknown'), 1);
    const state = JSON.parse(readFileSync(at('unknown/state.json'), 'utf8')) as {model: {options: object}};
    state.model.options = {name: 'Other', scales: 'x'};
    writeFileSync(at('unknown/state.json'), JSON.stringify(state));
    expect((await run('inspect', 'unknown')).out).toContain('network    IFNet, widths 6, 4');
  });
});

describe('diff', () => {
  test('equal: code 0, whatever the prefix and the order', async () => {
    await save('prefixed.safetensors', new Map([...networkTensors()].reverse()), 'module.');
    const {code, out} = await run('diff', 'a.safetensors', 'prefixed.safetensors');
    expect([code, out.trimEnd().split('\n').at(-1)]).toEqual([0, 'Equal.']);
    expect(out).toContain('prefixed.safetensors (safetensors, 158 tensors, prefix module.)');
    expect(out).toMatch(/^all +158 +0 +0 +0$/m);
  });

  test('different: code 1, and what is', async () => {
    const tensors = without(networkTensors(), /^block_tea\./);
    tensors.set(
      'extra.bias',
      floats([1], () => 0),
    );
    tensors.set(
      'block0.lastconv.bias',
      floats([7], i => i),
    );
    const [name, weight] = [...tensors][0]!;
    const values = new Float32Array(Uint8Array.from(weight.bytes).buffer);
    values[0]! += 0.125;
    tensors.set(name, {...weight, bytes: new Uint8Array(values.buffer)});
    await save('b.safetensors', tensors);
    const {code, out} = await run('diff', 'a.safetensors', 'b.safetensors');
    expect(code).toBe(1);
    expect(out).toContain('only in a  block_tea: 32 tensors\n');
    expect(out).toContain('only in b  extra.bias\n');
    expect(out).toContain('shape      block0.lastconv.bias [5] / [7]\n');
    expect(out).toMatch(/^block0 +31 +1 +0\.125 +0\.0\d+$/m);
    expect(out).toContain(
      'They differ: tensors 1 with other values, 1 with another shape, 32 only in a, 1 only in b.',
    );
    expect(await jsonOf('diff', 'a.safetensors', 'b.safetensors', '--json')).toMatchObject({
      equal: false,
      tolerance: 0,
      differing: [name],
      onlyInB: ['extra.bias'],
      otherShape: [{name: 'block0.lastconv.bias', a: [5], b: [7]}],
      modules: {block0: {differing: 1, maxAbs: 0.125}},
    });
  });

  test('--tolerance', async () => {
    const moved = new Map(
      [...networkTensors()].map(([name, {shape, bytes}]) => {
        const values = new Float32Array(Uint8Array.from(bytes).buffer);
        return [name, floats(shape, i => values[i]! + 1e-3)] as const;
      }),
    );
    await save('moved.safetensors', new Map(moved));
    const close = await run('diff', 'a.safetensors', 'moved.safetensors', '--tolerance', '0.002');
    expect([close.code, close.out]).toEqual([0, expect.stringContaining('Equal within 0.002.')]);
    const far = await run('diff', 'a.safetensors', 'moved.safetensors', '--tolerance', '1e-4');
    expect([far.code, far.out]).toEqual([
      1,
      expect.stringContaining('tensors 158 with other values (by more than 0.0001)'),
    ]);
    for (const wrong of ['-1', 'x', ''])
      expect(await run('diff', 'a.safetensors', 'a.safetensors', '--tolerance', wrong)).toMatchObject({
        code: 2,
        err: expect.stringContaining('a number of at least 0'),
      });
  });

  test('a file that cannot be read keeps its own code', async () => {
    const {code, err} = await run('diff', 'a.safetensors', 'nowhere.safetensors');
    expect([code, err]).toEqual([4, expect.stringContaining('RIFE_ERR_WEIGHTS_READ')]);
  });
});

describe('convert', () => {
  test('from a run to a file of the same bytes of data', async () => {
    const {code, out} = await run('convert', 'run', 'out.safetensors');
    expect(code).toBe(0);
    expect(out).toMatch(/^Wrote out\.safetensors: 158 tensors, [\d.]+ MB, safetensors, no prefix\n$/);
    const {tensors, metadata} = await readWeights(at('out.safetensors'));
    expect(metadata).toEqual({format: 'pt'});
    expect([...tensors.keys()]).toEqual([...networkTensors().keys()]);
    expect((await run('diff', 'run', 'out.safetensors')).code).toBe(0);
  });

  test('--prefix, and a note in the file is kept', async () => {
    await writeWeights(at('noted.safetensors'), networkTensors(), {
      format: 'safetensors',
      metadata: {note: 'mine'},
    });
    expect((await run('convert', 'noted.safetensors', 'p.safetensors', '--prefix', 'module.')).code).toBe(0);
    const {tensors, metadata} = await readWeights(at('p.safetensors'));
    expect([...tensors.keys()].every(name => name.startsWith('module.'))).toBe(true);
    expect(metadata).toEqual({note: 'mine', format: 'pt'});
    expect((await run('convert', 'p.safetensors', 'q.safetensors', '--prefix', 'none')).code).toBe(0);
    expect((await readWeights(at('q.safetensors'))).tensors.has('unet.conv.bias')).toBe(true);
  });

  test('--swap-channels twice is what it was', async () => {
    const {out} = await run('convert', 'a.safetensors', 'rgb.safetensors', '--swap-channels');
    expect(out).toContain('image channels swapped in 7 tensors');
    const {code, out: differences} = await run('diff', 'a.safetensors', 'rgb.safetensors');
    expect([code, differences]).toEqual([1, expect.stringContaining('tensors 7 with other values.')]);
    await run('convert', 'rgb.safetensors', 'bgr.safetensors', '--swap-channels');
    expect((await run('diff', 'a.safetensors', 'bgr.safetensors')).code).toBe(0);
  });

  test('nothing to swap: nothing is written', async () => {
    await save('half.safetensors', new Map([['unet.up0.0.bias', floats([128], i => i)]]));
    const {code, err} = await run('convert', 'half.safetensors', 'no.safetensors', '--swap-channels');
    expect([code, err]).toEqual([4, expect.stringContaining('RIFE_ERR_MODEL_CHANNELS')]);
    expect(existsSync(at('no.safetensors'))).toBe(false);
  });

  test('a file that is there is replaced by --force alone', async () => {
    writeFileSync(at('there.safetensors'), 'precious');
    const refused = await run('convert', 'a.safetensors', 'there.safetensors');
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('RIFE_ERR_CLI_WEIGHTS_EXISTS')]);
    expect(readFileSync(at('there.safetensors'), 'utf8')).toBe('precious');
    expect((await run('convert', 'a.safetensors', 'there.safetensors', '--force')).code).toBe(0);
    expect((await run('diff', 'a.safetensors', 'there.safetensors')).code).toBe(0);
  });

  test('a file never replaces itself, by whatever name', async () => {
    const before = readFileSync(at('a.safetensors'));
    symlinkSync(at('a.safetensors'), at('link.safetensors'));
    for (const to of ['a.safetensors', 'sub/../a.safetensors', 'link.safetensors']) {
      const {code, err} = await run('convert', 'a.safetensors', to, '--force');
      expect([code, err]).toEqual([2, expect.stringContaining('RIFE_ERR_CLI_WEIGHTS_SAME')]);
    }
    expect(
      (await run('convert', 'run', 'run/checkpoints/step-00000012/weights.safetensors', '--force')).code,
    ).toBe(2);
    expect(readFileSync(at('a.safetensors')).equals(before)).toBe(true);
  });

  test.each([
    [['a.safetensors', 'b.bin'], 'RIFE_ERR_CLI_USAGE', 2],
    [['a.safetensors', 'b'], 'RIFE_ERR_CLI_USAGE', 2],
    [['a.safetensors', 'x.safetensors', '--format', 'onnx'], 'RIFE_ERR_CLI_USAGE', 2],
    [['nowhere.pkl', 'x.safetensors'], 'RIFE_ERR_WEIGHTS_READ', 4],
    [['sub', 'x.safetensors'], 'RIFE_ERR_CLI_WEIGHTS_FOLDER', 4],
    [['a.safetensors', 'no/folder/x.safetensors'], 'RIFE_ERR_WEIGHTS_WRITE', 1],
  ])('%j ends with %s', async (argv, error, exit) => {
    const {code, err} = await run('convert', ...argv);
    expect([code, err]).toEqual([exit, expect.stringContaining(error)]);
    expect(existsSync(at('x.safetensors'))).toBe(false);
  });
});

test('help, a command that is missing, one that does not exist', async () => {
  const help = await run('--help');
  expect(help.code).toBe(0);
  for (const part of ['convert [options] <from> <to>', 'inspect', 'diff']) expect(help.out).toContain(part);
  expect((await run('convert', '--help')).out).toContain('--swap-channels');
  expect(await run()).toMatchObject({code: 2, err: expect.stringContaining('RIFE_ERR_CLI_USAGE')});
  expect(await run('inspct', 'x')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean inspect?'),
  });
  expect(await run('convert', 'x')).toMatchObject({code: 2, err: expect.stringContaining("argument 'to'")});
});

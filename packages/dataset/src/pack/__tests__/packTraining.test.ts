/** Training on packed clips is training on the clips. */
import {join} from 'node:path';
import {openBatchSource} from '@rife-train/data';
import {damage, mixedRoot, rejection, tempFolder, writeClip} from '../../__tests__/support';
import {packClips, type PackOptions} from '../packClips';

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const pack = (root: string, out: string, options: Partial<PackOptions> = {}) =>
  packClips({root, out, jobs: 1, ...options});

describe('training', () => {
  test.each([
    ['middle', 'raw'],
    ['middle', 'deflate'],
    ['any', 'deflate'],
  ] as const)('at timestep %s on packs of %s gives the same batches', async (timestep, codec) => {
    const root = await mixedRoot();
    const out = tempFolder();
    await pack(root, out, {codec, tile: 48});
    const options = {crop: 64, batch: 3, gaps: [1, 4] as [number, number], timestep, workers: 1, seed: 9};
    const [plain, packed] = [
      await openBatchSource({root, ...options}),
      await openBatchSource({root: out, ...options}),
    ];
    for (let i = 0; i < 10; i++) {
      const [a, b] = [await plain.next(), await packed.next()];
      expect([b.names, b.gap, b.timestep, b.policy]).toEqual([a.names, a.gap, a.timestep, a.policy]);
      expect(equal(a.images, b.images)).toBe(true);
    }
    await Promise.all([plain.close(), packed.close()]);
  });

  test('a damaged pack ends it, or is skipped like any bad clip', async () => {
    const [root, out] = [tempFolder(), tempFolder()];
    await writeClip(join(root, 'bad'), 5);
    await writeClip(join(root, 'good'), 5);
    await pack(root, out);
    damage(join(out, 'train/bad.rifeclip'));
    const options = {root: out, crop: 64, batch: 4, workers: 1};
    const strict = await openBatchSource(options);
    const {code, message} = await rejection(strict.next());
    expect(code).toBe('RIFE_ERR_DATA_PACK');
    expect(message).toContain(join(out, 'train/bad.rifeclip'));
    await strict.close();
    const warnings: string[] = [];
    const lenient = await openBatchSource({...options, onBadClip: 'skip', warn: text => warnings.push(text)});
    const {names} = await lenient.next();
    expect(names.every(name => name.startsWith('good '))).toBe(true);
    expect(warnings).toHaveLength(1);
    await lenient.close();
  });
});

/** The commands of `data` write only what nobody else writes. */
import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {runDataBuild} from '../../data/build.js';
import {runDataDoctor} from '../../data/doctor.js';
import {runPack} from '../../data/pack.js';
import {claim, claimFolder} from '../lock.js';
import {owning} from '../owning.js';

let cwd: string;
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'rife-own-'))));
afterEach(() => rmSync(cwd, {recursive: true}));

const io = () => ({cwd, stdout: {write: () => {}}, stderr: {write: () => {}}});
const IN_USE = expect.objectContaining({code: 'RIFE_ERR_CLI_IN_USE'}) as Error;

test.each<[string, () => Promise<number>]>([
  ['data pack', () => runPack('clips', {out: 'out', codec: 'raw'}, io())],
  ['data build', () => runDataBuild(['clips'], {out: 'out'}, io())],
])('%s leaves a folder alone that another process writes, and works in it afterwards', async (_name, run) => {
  mkdirSync(join(cwd, 'out'));
  const owned = claimFolder(join(cwd, 'out'), {command: 'rife-train data build'});
  await expect(run()).rejects.toThrow(IN_USE);
  owned.release();
  // There are no clips; but that is found only by who owns the folder.
  await expect(run()).rejects.toThrow(
    expect.objectContaining({code: expect.stringMatching(/^RIFE_ERR_DATA/)}),
  );
  expect(readdirSync(join(cwd, 'out'))).toEqual([]);
});

test('a dry run writes nothing, and asks nobody', async () => {
  mkdirSync(join(cwd, 'out'));
  const owned = claimFolder(join(cwd, 'out'), {command: 'rife-train data build'});
  await expect(runDataBuild(['clips'], {out: 'out', dryRun: true}, io())).rejects.toThrow(
    expect.objectContaining({code: 'RIFE_ERR_DATA_FILE'}),
  );
  owned.release();
});

test.each(['html', 'json'] as const)(
  'data doctor leaves a report alone that another one writes: --%s',
  async kind => {
    const page = join(cwd, 'report');
    const owned = claim(page, join(cwd, '.report.lock'), {command: 'rife-train data doctor'});
    await expect(runDataDoctor('clips', {[kind]: 'report'}, io())).rejects.toThrow(IN_USE);
    expect(existsSync(page)).toBe(false);
    owned.release();
    expect(readdirSync(cwd)).toEqual([]);
  },
);

test('a folder that was made for work that failed is gone again, one with something in it stays', async () => {
  const unwritable = (error: unknown) => error;
  const fails = owning(join(cwd, 'a'), 'x', () => Promise.reject(new Error('no')), unwritable);
  await expect(fails).rejects.toThrow('no');
  await owning(join(cwd, 'b'), 'x', async () => mkdirSync(join(cwd, 'b/train')), unwritable);
  expect(readdirSync(cwd)).toEqual(['b']);
});

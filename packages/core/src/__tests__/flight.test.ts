/** When flight records are written, what is in them, and which stay. */
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type {FlightRecord} from '../index.js';
import {disk} from '@rife-train/files';
import {TestEngine} from './helpers/eagerProgram.js';
import {readRecord} from '../flight/record.js';
import {
  makeTrainer,
  metricsLines,
  rejection,
  tapping,
  temporaryFolder,
  type Setup,
} from './helpers/harness.js';

const recordAt = (out: string, name: string) =>
  JSON.parse(readFileSync(path.join(out, 'flight', name, 'record.json'), 'utf8')) as FlightRecord;

/** An engine whose probe can't be had: `look` sees what lies there when it is asked for. */
function engineWithoutProbe(look: () => void): TestEngine {
  const createProbe = () => {
    look();
    throw new Error('out of memory');
  };
  return Object.assign(new TestEngine(), {createProbe});
}

test('the record is on disk, whole, before the step is examined', async () => {
  const seen: string[][] = [];
  const found = makeTrainer({
    poisoned: index => index === 2,
    options: {
      openEngine: async () =>
        engineWithoutProbe(() => {
          const folder = path.join(found.out, 'flight/step-00000002');
          seen.push(existsSync(folder) ? readdirSync(folder).sort() : []);
        }),
    },
  });
  await found.trainer.run();
  expect(seen).toEqual([
    ['batches.safetensors', 'optimizer.safetensors', 'record.json', 'weights.safetensors'],
  ]);
  expect(found.lines.join('\n')).toContain('the step could not be examined: out of memory');
  const {record} = metricsLines(found.out).find(({event}) => event === 'flight record')!;
  expect(record).toBe(path.join('flight', 'step-00000002'));
});

test('the scalars of the update that the step would have had are recorded', async () => {
  const soften = tapping('gradients', (gradients, trace) => {
    trace.scalar('test.soften', ({step}) => 1 / (1 + step));
    return gradients;
  });
  const {trainer, out} = makeTrainer({
    poisoned: index => index === 3,
    plugins: [soften],
    config: {optim: {learningRate: 0.01, warmupSteps: 0, weightDecay: 0.5}},
  });
  await trainer.run();
  const {updateScalars, learningRate} = recordAt(out, 'step-00000003');
  expect(updateScalars).toEqual({
    'test.soften': 0.25,
    'optim.decay': 1 - learningRate * 0.5,
    'optim.stepSize': (learningRate * Math.sqrt(1 - 0.999 ** 4)) / (1 - 0.9 ** 4),
    'optim.epsilon': 1e-8 * Math.sqrt(1 - 0.999 ** 4),
  });
});

describe('the first record of a run and the newest stay', () => {
  /** Goes back to step 0 at each bad step: they are steps 1, 3, 1 and 2. */
  const back = () =>
    makeTrainer({
      plugins: [tapping('onNaN', () => 'rollback')],
      poisoned: index => [1, 5, 7, 10].includes(index),
      config: {saveEvery: 50, maxNonFinite: 9},
    });

  test('in the order in which they were written, also where a rollback made the steps smaller', async () => {
    const {trainer, out} = back();
    await trainer.run();
    expect(readdirSync(path.join(out, 'flight')).sort()).toEqual([
      'step-00000001',
      'step-00000001-2',
      'step-00000002',
    ]);
    expect(recordAt(out, 'step-00000001').batches[0]!.index).toBe(1);
    expect(recordAt(out, 'step-00000001-2').batches[0]!.index).toBe(7);
    expect(recordAt(out, 'step-00000001').sequence).toBe(1);
    expect(recordAt(out, 'step-00000002').sequence).toBe(4);
  });

  test('whatever the clock says', async () => {
    const {trainer, out} = back();
    trainer.hooks.onNaN.tap('clock', () => {
      for (const [i, name] of readdirSync(path.join(out, 'flight')).sort().reverse().entries())
        utimesSync(path.join(out, 'flight', name, 'record.json'), i, i);
      return undefined;
    });
    await trainer.run();
    expect(existsSync(path.join(out, 'flight/step-00000001'))).toBe(true);
    expect(existsSync(path.join(out, 'flight/step-00000003'))).toBe(false);
  });
});

test('nothing half-written stays of a record that the disk does not take', async () => {
  const {open} = disk;
  const {trainer, out, lines} = makeTrainer({poisoned: index => index === 2});
  disk.open = ((file: string, ...rest: never[]) =>
    file.includes('optimizer.safetensors') && file.includes('flight')
      ? Promise.reject(new Error('ENOSPC'))
      : open(file, ...rest)) as typeof open;
  try {
    await trainer.run();
  } finally {
    disk.open = open;
  }
  expect(readdirSync(path.join(out, 'flight'))).toEqual([]);
  expect(lines.join('\n')).toContain('the flight record of step 2 could not be written: ENOSPC');
});

test('a step that fails again after a kill replaces its record', async () => {
  const setup: Setup = {poisoned: index => [2, 4].includes(index), config: {saveEvery: 50}};
  const {trainer, out} = makeTrainer(setup);
  const killed = temporaryFolder();
  trainer.hooks.afterStep.tap('x', ({progress}) => {
    // As a kill leaves it, with the checkpoint of step 0.
    if (progress.step === 3) cpSync(out, killed, {recursive: true});
  });
  await trainer.run();
  expect(readdirSync(path.join(killed, 'flight'))).toEqual(['step-00000002']);
  await makeTrainer({...setup, out: killed, options: {resume: true}}).trainer.run();
  const records = (run: string) =>
    readdirSync(path.join(run, 'flight'))
      .sort()
      .map(name => [name, recordAt(run, name).sequence]);
  expect(records(killed)).toEqual(records(out));
  expect(records(out)).toEqual([
    ['step-00000002', 1],
    ['step-00000004', 2],
  ]);
});

describe('a record from somebody else', () => {
  /** A copy of a record of version 1, changed. */
  function hostile(change: (record: Record<string, never>) => void): string {
    const folder = temporaryFolder();
    cpSync(path.join(__dirname, 'fixtures/run-v4/flight/step-00000002'), folder, {recursive: true});
    const file = path.join(folder, 'record.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as Record<string, never>;
    change(record);
    writeFileSync(file, JSON.stringify(record));
    return folder;
  }
  const problemOf = async (folder: string) => {
    const error = await rejection(readRecord(folder));
    expect(error).toMatchObject({code: 'RIFE_ERR_FLIGHT_RECORD'});
    return error.message;
  };

  test('that is whole is read, and NaN is a number again', async () => {
    const {record, batches} = await readRecord(hostile(() => {}));
    expect([record.step, batches[0]!.timestep[0]]).toEqual([2, NaN]);
  });

  test.each<[string, (record: never) => void, string]>([
    ['no shape', (r: {shape?: object}) => void delete r.shape, 'shape: '],
    [
      'a shape of another size',
      (r: {shape: {width: number}}) => void (r.shape.width = 1e9),
      'batch 0 is not',
    ],
    [
      'more batches than frames',
      (r: {batches: object[]}) => void r.batches.push(r.batches[0]!),
      'batch 1 is not',
    ],
    [
      'a batch without gaps',
      (r: {batches: {gap: number[]}[]}) => void (r.batches[0]!.gap = []),
      'batch 0 is not',
    ],
    ['no model', (r: {model: unknown}) => void (r.model = null), 'model: '],
    ['scalars that are text', (r: {scalars: object}) => void (r.scalars = {a: 'x'}), 'scalars.a: '],
    ['version 2^31', (r: {version: number}) => void (r.version = 2 ** 31), 'not a record of version 1 to 2'],
    ['no checksum in version 2', (r: {version: number}) => void (r.version = 2), 'another checksum'],
    ['no files', (r: {files: object}) => void (r.files = {}), 'batches.safetensors is not listed'],
  ])('with %s is refused', async (_, change, problem) => {
    expect(await problemOf(hostile(change as never))).toContain(problem);
  });

  test('with links in the place of its files is refused', async () => {
    const folder = hostile(() => {});
    for (const name of ['weights.safetensors', 'record.json']) {
      renameSync(path.join(folder, name), path.join(folder, 'other'));
      symlinkSync('other', path.join(folder, name));
      expect(await problemOf(folder)).toContain(`${name} is a link`);
      rmSync(path.join(folder, name));
      renameSync(path.join(folder, 'other'), path.join(folder, name));
    }
  });
});

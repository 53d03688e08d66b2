/** The files of a run: others remove, replace or link them, or write into the same folder. */
import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {MetricsFile} from '../log/metricsFile.js';
import {TestEngine} from './helpers/eagerProgram.js';
import {
  makeTrainer,
  metricsLines,
  rejection,
  tapping,
  temporaryFolder,
  type Setup,
} from './helpers/harness.js';
import {metricsFile, stepsIn, withoutTimes} from './helpers/runs.js';

describe('the file of metrics itself', () => {
  const open = async (out: string, step: number, bytes?: number) => {
    const warnings: string[] = [];
    const file = await MetricsFile.open(out, {step, bytes}, text => warnings.push(text));
    return {file, warnings, text: () => readFileSync(metricsFile(out), 'utf8')};
  };

  test('a rollback to step 0 keeps its head, also after a kill', async () => {
    const setup: Setup = {
      config: {steps: 4, saveEvery: 50, maxNonFinite: 3},
      poisoned: index => index === 1,
      plugins: [tapping('onNaN', () => 'rollback')],
    };
    const whole = makeTrainer(setup);
    await whole.trainer.run();
    const {trainer, out} = makeTrainer(setup);
    let copied: string | undefined;
    trainer.hooks.afterStep.tap('x', ({batches}) => {
      // As a kill leaves it, with the checkpoint of step 0 that the rollback wrote.
      if (batches[0] === 3) cpSync(out, (copied = temporaryFolder()), {recursive: true});
    });
    await trainer.run();
    await makeTrainer({...setup, out: copied!, options: {resume: true}}).trainer.run();
    expect(withoutTimes(copied!)).toEqual(withoutTimes(whole.out));
    expect(readdirSync(copied!).filter(name => name.startsWith('metrics'))).toEqual(['metrics.jsonl']);
  });

  test('a file that is shorter than recorded, or was edited, is cut after a whole line, without reading it whole', async () => {
    const out = temporaryFolder();
    // Sparse, and larger than any string may be.
    writeFileSync(metricsFile(out), '{"step":0}\n');
    truncateSync(metricsFile(out), 3e9);
    const {file, warnings} = await open(out, 2, 3e9 + 1000);
    expect(warnings).toEqual([expect.stringMatching(/has 3000000000 bytes, 3000001000 when/)]);
    file.close();
    expect(statSync(metricsFile(out)).size).toBe(11);
    writeFileSync(metricsFile(out), `{"step":0}\n${'x'.repeat(200_000)}`);
    const edited = await open(out, 2, 100_000);
    edited.file.writeEvent({event: 'new'});
    edited.file.close();
    expect(edited.text()).toBe('{"step":0}\n{"event":"new"}\n');
  });

  test('a link in its place is not followed, and another file not truncated', async () => {
    const [out, other] = [temporaryFolder(), path.join(temporaryFolder(), 'precious')];
    writeFileSync(other, 'precious\n');
    symlinkSync(other, metricsFile(out));
    const {file, warnings, text} = await open(out, 2, 0);
    file.writeEvent({event: 'new'});
    file.close();
    expect(warnings).toEqual([expect.stringContaining('is no regular file')]);
    expect([text(), readFileSync(other, 'utf8')]).toEqual(['{"event":"new"}\n', 'precious\n']);
  });

  test('a file that is removed or replaced while the run writes it is noticed at the next save', async () => {
    const out = temporaryFolder();
    const {file, warnings, text} = await open(out, 0);
    file.writeEvent({event: 'old'});
    renameSync(metricsFile(out), path.join(out, 'moved'));
    expect(file.flush()).toBe(0);
    file.writeEvent({event: 'new'});
    expect(warnings).toEqual([expect.stringContaining('was removed or replaced')]);
    expect(file.flush()).toBe(text().length);
    file.close();
    expect(text()).toBe('{"event":"new"}\n');
  });
});

test('a folder that is removed while the run writes it is made again, and it is reported', async () => {
  const {trainer, out, lines} = makeTrainer({config: {steps: 6, saveEvery: 2}});
  trainer.hooks.beforeStep.tap('x', ({progress}) => {
    if (progress.step === 3) rmSync(out, {recursive: true});
  });
  expect(await trainer.run()).toMatchObject({step: 6, reason: 'finished'});
  expect(lines).toContainEqual(expect.stringMatching(/checkpoints was removed or renamed while/));
  expect(lines).toContainEqual(expect.stringMatching(/metrics\.jsonl was removed or replaced/));
  expect(stepsIn(out)).toEqual([4, 6]);
  expect(metricsLines(out).map(({step}) => step)).toEqual([4, 5]);
  const resumed = makeTrainer({out, config: {steps: 7}, options: {resume: true}});
  await resumed.trainer.run();
  expect(resumed.steps.map(({progress}) => progress.step)).toEqual([6]);
});

describe('two runs in one folder, without the lock of the command line', () => {
  test('a run does not write into the folder of another one, and removes none of its checkpoints', async () => {
    const {trainer, out} = makeTrainer({config: {steps: 6, saveEvery: 2, keep: 1}});
    trainer.hooks.beforeStep.tapPromise('x', async ({progress}) => {
      if (progress.step !== 3) return;
      renameSync(out, `${out}.1`);
      await makeTrainer({out, config: {steps: 2}}).trainer.run();
    });
    const error = await trainer.run().catch((failure: unknown) => failure as Error);
    rmSync(`${out}.1`, {recursive: true});
    expect(error).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_EXISTS'});
    expect((error as Error).message).toContain('belongs to another run now');
    expect(stepsIn(out)).toEqual([0, 2]);
    expect(metricsLines(out).map(({step}) => step)).toEqual([0, 1]);
  });

  test('a start that comes second leaves the name of the first', async () => {
    const out = temporaryFolder();
    const openEngine = async () => {
      await makeTrainer({out, config: {steps: 2}}).trainer.run();
      return new TestEngine();
    };
    const second = makeTrainer({out, options: {openEngine}});
    expect(await rejection(second.trainer.run())).toMatchObject({code: 'RIFE_ERR_CHECKPOINT_EXISTS'});
    const resumed = makeTrainer({out, config: {steps: 3}, options: {resume: true}});
    expect(await resumed.trainer.run()).toMatchObject({step: 3});
    expect(resumed.lines.join()).not.toContain('of another run');
  });
});

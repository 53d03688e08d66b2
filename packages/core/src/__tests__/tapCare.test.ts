import * as tf from '@tensorflow/tfjs-core';
import type {BatchRequest} from '../run/openRun.js';
import {definePlugin} from '../plugins/definePlugin.js';
import {FakeBatches, makeTrainer, rejection, tapping} from './helpers/harness.js';

/** A plugin that hangs in a hook from a step on. */
const hanging = (from: number) =>
  definePlugin({
    name: 'test:hangs',
    apply({hooks}) {
      hooks.beforeStep.tapPromise('x', ({progress}) =>
        progress.step < from ? Promise.resolve() : new Promise<void>(() => {}),
      );
    },
  });

describe('a tap that does not come back', () => {
  test('ends the run with its name and hook', async () => {
    const {trainer} = makeTrainer({plugins: [hanging(3)], config: {hookTimeout: 0.2}});
    const error = await rejection(trainer.run());
    expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_HANGS', plugin: 'test:hangs', hook: 'beforeStep'});
    expect(error.message).toContain('in 0.2 s (hookTimeout)');
  });

  test('is reported after half a minute', async () => {
    const realTimeout = setTimeout;
    jest.useFakeTimers({doNotFake: ['nextTick', 'setImmediate', 'performance']});
    try {
      const {trainer, lines} = makeTrainer({plugins: [hanging(0)], config: {hookTimeout: 60}});
      const failure = rejection(trainer.run());
      for (let i = 0; i < 20_000 && !lines.some(line => line.includes('still waiting')); i++) {
        // The run reaches the tap by file operations that are real, and take as long as they take.
        await new Promise(resolve => realTimeout(resolve, 5));
        jest.advanceTimersByTime(1000);
      }
      expect(lines).toContain(
        'warning: still waiting for plugin "test:hangs" in hook "beforeStep", until 60 s',
      );
      jest.advanceTimersByTime(60_000);
      expect(await failure).toMatchObject({code: 'RIFE_ERR_PLUGIN_HANGS'});
    } finally {
      jest.useRealTimers();
    }
  });

  test('0 waits for ever, and a tap that is slow is no error', async () => {
    const slow = definePlugin({
      name: 'test:slow',
      apply: ({hooks}) =>
        hooks.beforeStep.tapPromise('x', () => new Promise(resolve => setTimeout(resolve, 30))),
    });
    expect(await makeTrainer({plugins: [slow], config: {hookTimeout: 0}}).trainer.run()).toMatchObject({
      step: 6,
    });
    expect(await makeTrainer({plugins: [slow], config: {hookTimeout: 5}}).trainer.run()).toMatchObject({
      step: 6,
    });
  });
});

describe('a tap that leaves tensors undisposed', () => {
  const warnings = async (tap: (step: number) => void, kind: 'tap' | 'tapPromise' = 'tap') => {
    const plugin = definePlugin({
      name: 'test:leaks',
      apply({hooks}) {
        if (kind === 'tap') hooks.afterStep.tap('x', ({progress}) => tap(progress.step));
        else hooks.afterStep.tapPromise('x', async ({progress}) => tap(progress.step));
      },
    });
    const {trainer, lines} = makeTrainer({plugins: [plugin], config: {steps: 60, saveEvery: 100}});
    await trainer.run();
    return lines.filter(line => line.includes('leaks'));
  };

  test.each(['tap', 'tapPromise'] as const)('is reported once, by %s', async kind => {
    const kept: tf.Tensor[] = [];
    const told = await warnings(() => void kept.push(tf.scalar(1), tf.scalar(2)), kind);
    tf.dispose(kept);
    expect(told).toEqual([
      'warning: plugin "test:leaks" leaks: its tap on "afterStep" left 40 tensors undisposed in 20 calls. Let it dispose them, or use tf.tidy',
    ]);
  });

  test('keeping some once, or now and then, is none', async () => {
    const kept: tf.Tensor[] = [];
    const told = await warnings(step => void (step % 10 === 0 && kept.push(tf.scalar(1))));
    tf.dispose(kept);
    expect(told).toEqual([]);
  });
});

describe('weights that are not finite', () => {
  /** Spoils a weight, or a moment, once, as a faulty device would. */
  const spoiling = (name: string, made: () => ReturnType<typeof makeTrainer>, at: number) => {
    let isDone = false;
    return definePlugin({
      name: 'test:spoils',
      apply({hooks}) {
        hooks.beforeStep.tapPromise('x', async ({progress}) => {
          if (progress.step !== at || isDone) return;
          isDone = true;
          const program = made().engine.program!;
          const [values] = [...(await program.readVariables([name])).values()];
          await program.writeVariables(new Map([[name, Float32Array.from(values!).fill(NaN, 0, 1)]]));
        });
      },
    });
  };

  test.each(['mix.weight', 'adam.m/mix.weight', 'adam.v/mix.bias'])(
    '%s: the run goes back, and ends well',
    async name => {
      const made: ReturnType<typeof makeTrainer> = makeTrainer({
        plugins: [spoiling(name, () => made, 3)],
        config: {steps: 8, saveEvery: 2},
      });
      expect(await made.trainer.run()).toMatchObject({step: 8, reason: 'finished'});
      // Found by the next step, or by the checkpoint.
      expect(made.lines).toContainEqual(
        expect.stringMatching(/weights (are not finite, which skipping|or moments contain numbers)/),
      );
      expect(made.lines).toContainEqual(expect.stringMatching(/rolled back from step \d to/));
      expect(made.steps.at(-1)!.updated).toBe(true);
    },
  );

  test('onNaN is reported, and its verdict wins over nothing but skip', async () => {
    const told: boolean[] = [];
    const spy = tapping(
      'onNaN',
      event => void told.push((event as {weightsBroken: boolean}).weightsBroken) as never,
      'test:spy',
    );
    const made: ReturnType<typeof makeTrainer> = makeTrainer({
      plugins: [spoiling('mix.weight', () => made, 3), spy],
      poisoned: index => index === 1,
    });
    await made.trainer.run();
    expect(told).toEqual([false, true]);
  });
});

test('nothing depends on the clock of the day', async () => {
  const whole = makeTrainer({config: {steps: 5}});
  await whole.trainer.run();
  const jumping = tapping('beforeStep', (({progress}: {progress: {step: number}}) => {
    jest.spyOn(Date, 'now').mockReturnValue(progress.step % 2 ? 0 : 4e12);
  }) as never);
  const made = makeTrainer({
    config: {steps: 5},
    plugins: [jumping],
    options: {
      openBatches: async (request: BatchRequest) => new FakeBatches(request, () => false, [0.5, 0.5]),
    },
  });
  await made.trainer.run();
  jest.restoreAllMocks();
  expect(made.steps.map(({loss}) => loss)).toEqual(whole.steps.map(({loss}) => loss));
  expect(made.steps.every(({stepMs}) => stepMs >= 0 && stepMs < 60_000)).toBe(true);
});

/** Plugins that break one promise each. */
import {definePlugin, type PluginDefinition, type PluginTrainer, type RifePlugin} from '@rife-train/core';
import * as tf from '@tensorflow/tfjs-core';

type Apply = PluginDefinition['apply'];
export const plugin = (apply: Apply, rest: Partial<PluginDefinition> = {}): RifePlugin =>
  definePlugin({name: 'test:bad', apply, ...rest});

const kept: tf.Tensor[] = [];
/** Disposes what the leaking plugins left. */
export const disposeLeaks = () => kept.splice(0).forEach(tensor => tensor.dispose());

/** Scales the loss by a number of the host. */
export function scaleLoss({hooks}: PluginTrainer, factor: () => number): void {
  hooks.afterLoss.tap('test', ({terms, weights}, trace) => {
    const scalar = trace.scalar('test.factor', factor);
    const scaled = tf.mul<tf.Scalar>(scalar, weights['reconstruction'] as number);
    return {terms, weights: {...weights, reconstruction: scaled}};
  });
}

/** A counter of updates that the loss depends on. */
function counting(trainer: PluginTrainer, load: (count: number, saved: number) => number) {
  let count = 0;
  scaleLoss(trainer, () => 1 + count / 10);
  trainer.hooks.afterStep.tap('test', () => void (count += 1));
  trainer.hooks.save.tap('test', ({plugins}) => void (plugins['test:bad'] = {count}));
  trainer.hooks.load.tap('test', ({plugins}) => {
    count = load(count, (plugins['test:bad'] as {count: number}).count);
  });
}

export const good = () => plugin(trainer => counting(trainer, (_, saved) => saved));

const leaksInHost = () =>
  plugin(({hooks}) => hooks.afterStep.tap('test', () => void kept.push(tf.keep(tf.scalar(1)))));

const leaksInTrace = () =>
  plugin(({hooks}) =>
    hooks.gradients.tap('test', gradients => {
      kept.push(tf.keep(tf.scalar(1)));
      return gradients;
    }),
  );

const hidesNaNInLoss = () =>
  plugin(({hooks}) =>
    hooks.afterLoss.tap('test', ({terms, weights}) => {
      const term = terms['teacher']!;
      return {terms: {...terms, teacher: tf.where(tf.isFinite(term), term, tf.zerosLike(term))}, weights};
    }),
  );

const hidesNaNInGradients = () =>
  plugin(({hooks}) =>
    hooks.gradients.tap('test', gradients =>
      Object.fromEntries(
        Object.entries(gradients).map(([name, gradient]) => [
          name,
          tf.where(tf.isFinite(gradient), gradient, tf.zerosLike(gradient)),
        ]),
      ),
    ),
  );

/** A running mean of the loss that skipped steps get into. */
const remembersNaN = () =>
  plugin(({hooks}) => {
    let mean = 0;
    hooks.afterStep.tap('test', ({loss}) => void (mean = 0.9 * mean + 0.1 * loss));
    hooks.save.tap('test', ({plugins}) => void (plugins['test:bad'] = mean));
  });

const forgets = () =>
  plugin(trainer => {
    let count = 0;
    scaleLoss(trainer, () => 1 + count / 10);
    trainer.hooks.afterStep.tap('test', () => void (count += 1));
  });

const neverGoesBack = () => plugin(trainer => counting(trainer, Math.max));

/**
 * State is saved and loaded, but the policy of a batch that is drawn ahead depends on the moment.
 */
const drawsByTheMoment = () =>
  plugin(trainer => {
    let count = 0;
    trainer.hooks.sampling.tap('test', policy => ({...policy, maxGap: 1 + count, minGap: 1}));
    trainer.hooks.afterStep.tap('test', () => void (count += 1));
    trainer.hooks.save.tap('test', ({plugins}) => void (plugins['test:bad'] = count));
    trainer.hooks.load.tap('test', ({plugins}) => void (count = plugins['test:bad'] as number));
  });

export const halvesFlow = (rest: Partial<PluginDefinition> = {}) =>
  plugin(({hooks}) => hooks.flow.tap('test', flow => tf.mul<tf.Tensor4D>(flow, 0.5)), rest);

export const addsStage = (rest: Partial<PluginDefinition> = {}) =>
  plugin(
    ({hooks}) =>
      hooks.model.tap('test', model => ({
        ...model,
        scales: [8, ...model.scales],
        widths: [4, ...model.widths!],
      })),
    rest,
  );

const rollsDice = () => plugin(trainer => scaleLoss(trainer, () => 1 + Math.random()));

const readsWhileTracing = () =>
  plugin(({hooks}) => {
    let step = 0;
    hooks.beforeStep.tap('test', ({progress}) => void ({step} = progress));
    hooks.afterLoss.tap('test', ({terms, weights}) => ({
      terms,
      weights: {...weights, reconstruction: 1 + step},
    }));
  });

/** One counter for all trainers that the object is applied to. */
const sharesState = () => {
  let count = 0;
  return plugin(trainer => {
    scaleLoss(trainer, () => 1 + count / 10);
    trainer.hooks.afterStep.tap('test', () => void (count += 1));
    trainer.hooks.save.tap('test', ({plugins}) => void (plugins['test:bad'] = count));
    trainer.hooks.load.tap('test', ({plugins}) => void (count = plugins['test:bad'] as number));
  });
};

const makesTensorEarly = () => {
  kept.push(tf.scalar(1));
  return plugin(() => {});
};

let applied = 0;
/** Every second trainer refuses a step that the others apply. */
const countsItself = () =>
  plugin(({hooks}) => {
    const refuses = applied++ % 2 === 1;
    hooks.beforeUpdate.tap('test', ({progress}) => (refuses && progress.step === 2 ? 'skip' : undefined));
  });

const timers: NodeJS.Timeout[] = [];
const startsTimerEarly = () => {
  timers.push(setTimeout(() => {}, 60_000));
  return plugin(() => {});
};
export const stopTimers = () => timers.splice(0).forEach(clearTimeout);

/** By what is wrong: the plugin, the check that must find it, and what that says. */
export const BAD = {
  'a tensor is left at every step': [leaksInHost, 'leaks nothing', /tensors left by each step/],
  'a tensor is left at every trace': [leaksInTrace, 'leaks nothing', /tensors left by/],
  'NaN in a loss term becomes 0': [
    hidesNaNInLoss,
    'keeps NaN visible in the loss',
    /"teacher" is NaN, but the step has loss 0/,
  ],
  'NaN in a gradient becomes 0': [
    hidesNaNInGradients,
    'keeps NaN visible in the gradients',
    /gradient with NaN came out as finite/,
  ],
  'a skipped step gets into the statistics': [remembersNaN, 'keeps NaN visible in the loss', /saves NaN/],
  'state does not resume': [
    forgets,
    'resumes exactly',
    /interrupted after 1 steps and resumed: steps\.0\.loss/,
  ],
  'state outlives a rollback': [neverGoesBack, 'a rollback restores its state', /after a rollback/],
  'sampling depends on the moment': [drawsByTheMoment, 'resumes exactly', /resumed: steps\.\d\./],
  'predictions differ': [
    halvesFlow,
    'predicts the same, or says that it does not',
    /differs.*say changesPrediction/,
  ],
  'the network differs': [
    addsStage,
    'predicts the same, or says that it does not',
    /differs.*say changesPrediction/,
  ],
  'the loss depends on chance': [rollsDice, 'has the same bits in every run', /second run differs/],
  'a plugin object has one state for all trainers': [
    sharesState,
    'can be applied twice',
    /second use of a plugin object/,
  ],
  'replicas decide differently': [
    countsItself,
    'decides alike on every replica',
    /Replicas decided differently about step 2/,
  ],
  'the factory makes a tensor': [makesTensorEarly, 'does nothing until it is applied', /tensors/],
  'the factory starts a timer': [startsTimerEarly, 'does nothing until it is applied', /timers/],
  'a value is read while tracing': [readsWhileTracing, 'captured equals eager', /captured: steps\.1\.loss/],
} as const;

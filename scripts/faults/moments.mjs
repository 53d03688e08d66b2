/**
 * Moments inside a step. Each entry causes `act` to be called once, at its moment of step number
 * `step`.
 */

const inHook =
  hook =>
  ({trainer, step, act}) => {
    let done = false;
    trainer.hooks[hook].tap('moment', context => {
      if (done || (context.progress?.step ?? context.step) !== step) return;
      done = true;
      act();
    });
  };

/**
 * During a run of one of the program's entries: the native engine has the values, the trainer does
 * not.
 */
const besideEntry =
  (entry, behind) =>
  ({trainer, program, step, act}) => {
    let armed = false;
    trainer.hooks.beforeStep.tap('moment', ({progress}) => {
      if (progress.step !== step || armed) return;
      armed = true;
      const own = program();
      const run = own.run.bind(own);
      own.run = async (name, ...args) => {
        if (name !== entry) return run(name, ...args);
        own.run = run;
        if (!behind) act();
        const result = await run(name, ...args);
        if (behind) act();
        return result;
      };
    });
  };

export const MOMENTS = {
  'in beforeStep': inHook('beforeStep'),
  'before the gradients': besideEntry('gradients', false),
  'after the gradients': besideEntry('gradients', true),
  'in beforeUpdate': inHook('beforeUpdate'),
  'before the update': besideEntry('update', false),
  'after the update': besideEntry('update', true),
  'in afterStep': inHook('afterStep'),
};

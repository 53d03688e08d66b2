/** Records each step of a run, and decides when there are enough. */
import {anatomyOf} from './anatomy/index.mjs';
import {gainsOf, layersOf} from './gain.mjs';
import {endOf, partOf, under} from './watch.mjs';

/** Steps that a run continues after its end, to show what happens next. */
const AFTERMATH = 45;
const BLOCKS = ['block0', 'block1', 'block2', 'block_tea'];

/** JSON has no NaN. */
export const short = value => (Number.isFinite(value) ? Number(value.toPrecision(5)) : String(value));

export class Recording {
  curve = [];
  gains = [];
  anatomy = [];
  end = {};
  #ended = 0;
  #before;

  /**
   * @param limits {side, limit, survives, gainsEvery, anatomyEvery}: side of the crop, steps of a
   *   run that does not end, whether a plugin continues after a failure, steps between measured
   *   gains and between looks inside (0: none)
   */
  constructor(limits) {
    this.limits = limits;
  }

  /** Records a step; true when there are enough. */
  async add({progress, loss, terms, gradNorm, maxFlow, updated, logs, perSample, samples}, made) {
    const {side, limit, survives, gainsEvery} = this.limits;
    this.curve.push({
      step: progress.step,
      ...{loss, gradNorm, maxFlow, updated, reconstruction: terms.reconstruction, distill: terms.distill},
      gaps: perSample.map(({gap}) => gap),
      samples,
      norms: under('norm/', logs, short),
      flows: under('flow/', logs, short),
      logs: under('recover/', logs, short),
      inside: under('in/', logs, short),
    });
    if (gainsEvery > 0 && progress.step % gainsEvery === 0)
      this.gains.push(await this.#gains(progress.step, made));
    await this.#look(progress.step, made);
    this.end = endOf(this.curve, side);
    // A plugin that recovers continues; others are only observed for a while.
    if (!survives && Object.values(this.end).some(step => step !== undefined)) this.#ended += 1;
    return this.#ended > AFTERMATH || progress.step + 1 >= limit;
  }

  /** As JSON. */
  toJSON() {
    const numbers = ['loss', 'gradNorm', 'maxFlow', 'reconstruction', 'distill'];
    const curve = this.curve.map(row => ({
      ...row,
      ...Object.fromEntries(numbers.map(name => [name, short(row[name])])),
    }));
    return {end: this.end, gains: this.gains, anatomy: this.anatomy, curve};
  }

  async #gains(step, {program, shapes}) {
    const read = await program.readVariables(BLOCKS.flatMap(layersOf));
    const kernel = name => ({values: read.get(name), shape: shapes.get(name)});
    const of = block => gainsOf(layersOf(block).map(kernel)).map(short);
    return {step, ...Object.fromEntries(BLOCKS.map(block => [block, of(block)]))};
  }
  /** A look inside, with what the last update changed; the step before is read for that. */
  async #look(step, {program, shapes, batch}) {
    const {anatomyEvery: every = 0, shape} = this.limits;
    const due = step % every === 0;
    if (!(every > 0) || !(due || (step + 1) % every === 0)) return;
    const names = [...shapes.keys()].filter(name => BLOCKS.includes(partOf(name)));
    const moments = names.map(name => `adam.v/${name}`);
    const read = await program.readVariables([...names, ...moments]);
    const weights = name => ({values: read.get(name), shape: shapes.get(name)});
    const before = this.#before;
    this.#before = weights;
    if (!due) return;
    const blocks = anatomyOf(weights, {before, names, batch: {images: batch.images, shape}});
    for (const block of BLOCKS)
      blocks[block].sumOfSecondMoments = short(
        names
          .filter(name => partOf(name) === block)
          .reduce((sum, name) => sum + read.get(`adam.v/${name}`).reduce((a, b) => a + b, 0), 0),
      );
    this.anatomy.push({step, ...blocks});
  }
}

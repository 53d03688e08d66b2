/** Records each step of a run, and decides when there are enough. */
import {gainsOf, layersOf} from './gain.mjs';
import {endOf, under} from './watch.mjs';

/** Steps that a run continues after its end, to show what happens next. */
const AFTERMATH = 45;
const BLOCKS = ['block0', 'block1', 'block2', 'block_tea'];

/** JSON has no NaN. */
export const short = value => (Number.isFinite(value) ? Number(value.toPrecision(5)) : String(value));

export class Recording {
  curve = [];
  gains = [];
  end = {};
  #ended = 0;

  /**
   * @param limits {side, limit, survives, gainsEvery}: side of the crop, steps of a run that does
   *   not end, whether a plugin continues after a failure, steps between measured gains
   */
  constructor(limits) {
    this.limits = limits;
  }

  /** Records a step; true when there are enough. */
  async add({progress, loss, terms, gradNorm, maxFlow, updated, logs, perSample}, variables) {
    const {side, limit, survives, gainsEvery} = this.limits;
    this.curve.push({
      step: progress.step,
      ...{loss, gradNorm, maxFlow, updated, reconstruction: terms.reconstruction, distill: terms.distill},
      gaps: perSample.map(({gap}) => gap),
      norms: under('norm/', logs, short),
      flows: under('flow/', logs, short),
      logs: under('recover/', logs, short),
    });
    if (gainsEvery > 0 && progress.step % gainsEvery === 0)
      this.gains.push(await this.#gains(progress.step, variables));
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
    return {end: this.end, gains: this.gains, curve};
  }

  async #gains(step, {program, shapes}) {
    const read = await program.readVariables(BLOCKS.flatMap(layersOf));
    const kernel = name => ({values: read.get(name), shape: shapes.get(name)});
    const of = block => gainsOf(layersOf(block).map(kernel)).map(short);
    return {step, ...Object.fromEntries(BLOCKS.map(block => [block, of(block)]))};
  }
}

/**
 * Averages of the parameters, which a run keeps where the hook `averages` has a tap. Predictions
 * and weights files have the average; the copy that is trained is beside the moments in a
 * checkpoint.
 */
import type {Model, TrainerHooks} from '../contract/index.js';

/** Name of the variable with the average of a parameter. */
export const averageOf = (parameter: string) => `average/${parameter}`;

const TRAINED = 'trained/';
/** Name of the trained copy of a parameter in a checkpoint, where its weights are averages. */
export const trainedCopyOf = (parameter: string) => `${TRAINED}${parameter}`;

/** Does a checkpoint with these tensors beside its weights hold averages? */
export const holdsAverages = (names: Iterable<string>) => [...names].some(name => name.startsWith(TRAINED));

/** Does the run keep an average of the weights? */
export const keepsAverages = ({averages}: TrainerHooks) => averages.taps.length > 0;

/**
 * The same network, with `averaged` as given. A proxy, because the trainer knows neither all
 * members of a network nor whether they are private.
 */
export function withAverages(model: Model, averaged: boolean): Model {
  if (averaged === (model.averaged ?? false)) return model;
  return new Proxy(model, {
    get(target, key) {
      if (key === 'averaged') return averaged;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Averages of a network's parameters as variables; none where the run keeps none. */
export const averagesOf = ({parameters, averaged = false}: Model) =>
  averaged ? parameters.map(({name, shape}) => ({name: averageOf(name), shape})) : [];

/** The variable that predictions and weights files have for each parameter or buffer. */
export function predictedVariables({parameters, buffers = [], averaged = false}: Model) {
  const names = [...parameters, ...buffers].map(({name}) => [name, name] as const);
  const averages = averaged ? parameters.map(({name}) => [name, averageOf(name)] as const) : [];
  return new Map([...names, ...averages]);
}

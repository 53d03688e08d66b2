/** What is allowed in a configuration, and hardly meant. */
import type {Model, TrainConfig} from '../contract/index.js';

/** In words; a run warns of them, and so does its plan. */
export function configNotes(
  {steps, optim, data}: Pick<TrainConfig, 'steps' | 'optim' | 'data'>,
  {name, anyTimestep, notes: own = []}: Pick<Model, 'name' | 'anyTimestep' | 'notes'>,
): string[] {
  const notes = [...own];
  if (optim.warmupSteps >= steps)
    notes.push(
      `the warm-up of ${optim.warmupSteps} steps does not end within the run: the learning rate never reaches its peak`,
    );
  if (data.timestep === 'middle' && anyTimestep)
    notes.push(
      `${name} will know the middle alone: data.timestep is "middle"; "any" trains it for every timestep`,
    );
  return notes;
}

/** Which checkpoints stay. */
import type {KeepOptions, TrainConfig} from '../contract/index.js';

/** A checkpoint as far as retention looks at it. */
export interface Kept {
  name: string;
  step: number;
}

export const keepOptions = (keep: TrainConfig['keep']): Required<KeepOptions> => ({
  every: 0,
  ...(typeof keep === 'number' ? {last: keep} : keep),
});

/**
 * Names of those that can go: neither among the `last` newest, nor of a step that is a multiple of
 * `every`, nor named in `held` (the one just written, the best).
 */
export function spare(
  all: readonly Kept[],
  keep: TrainConfig['keep'],
  held: readonly (string | undefined)[],
): string[] {
  const {last, every} = keepOptions(keep);
  const newest = [...all].sort((a, b) => b.step - a.step).slice(0, last);
  const stays = ({name, step}: Kept) =>
    held.includes(name) ||
    newest.some(other => other.name === name) ||
    (every > 0 && step > 0 && step % every === 0);
  return all.filter(entry => !stays(entry)).map(({name}) => name);
}

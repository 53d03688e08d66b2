/**
 * Versions of state.json. 1: the first. 2: `avoided` (a run of before knows no batches to avoid),
 * and `metrics` and `best`, where they are known. 3: `setbacks`, `returnTo`, `snapshots`, `run`; a
 * checksum of its own. 4: `schedule`, `clips`; snapshots that were left out. 5: `best` says by
 * which score.
 */
export const STATE_VERSION = 5;
/** The first version whose state.json has a checksum of its own. */
export const FIRST_SEALED = 3;

type Raw = Record<string, unknown>;

const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null;

/**
 * Triplets were drawn independently of each other; a run that is resumed with another setting gets
 * a warning.
 */
const withoutEpochs = (config: unknown): unknown =>
  isObject(config) && isObject(config['data'])
    ? {...config, data: {epoch: 'none', ...config['data']}}
    : config;

/** The best was always by PSNR. */
const namedBest = (best: unknown): Raw =>
  isObject(best) ? {best: {step: best['step'], name: 'psnr', score: best['psnr']}} : {};

/** From each version to the next one. */
const MIGRATIONS: Readonly<Record<number, (state: Raw) => Raw>> = {
  1: state => ({...state, version: 2, avoided: []}),
  2: state => ({
    ...state,
    version: 3,
    config: withoutEpochs(state['config']),
    setbacks: {nonFinite: 0, refused: 0, rollbacks: 0, furthest: state['step']},
  }),
  3: state => ({...state, version: 4}),
  4: state => ({...state, version: 5, ...namedBest(state['best'])}),
};

/** The state in today's version, or undefined where no way leads to it. */
export function migrated(state: Raw): Raw | undefined {
  let now = state;
  while (now['version'] !== STATE_VERSION) {
    const step = MIGRATIONS[now['version'] as number];
    if (!step) return undefined;
    now = step(now);
  }
  return now;
}

/** What plugins save comes back as it went in, or the run stops and names the plugin. */
import {checkSavedState} from '../plugins/savedState.js';
import type {CheckpointContext} from '../contract/index.js';
import {makeTrainer, rejection, tapping, temporaryFolder} from './helpers/harness.js';
import {runUntil, stepsIn} from './helpers/runs.js';

const cycle: Record<string, unknown> = {};
cycle['again'] = {in: cycle};
const deep = (depth: number): unknown => {
  let value: unknown[] = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

test.each<[string, unknown, string]>([
  ['a BigInt', {n: 12n}, 'saves the BigInt 12 at "test:a.n"'],
  ['a cycle', cycle, 'saves an object that contains itself at "test:a.again.in"'],
  ['NaN', {means: [1, {loss: NaN}]}, 'saves NaN at "test:a.means[1].loss"'],
  ['Infinity', -Infinity, 'saves -Infinity at "test:a"'],
  ['a Map', {seen: new Map([[1, 2]])}, 'saves a Map at "test:a.seen"'],
  ['a Float32Array', Float32Array.of(1), 'saves a Float32Array at "test:a"'],
  ['a Date', {at: new Date(0)}, 'saves a Date at "test:a.at"'],
  ['a function', {fn: () => 1}, 'saves a function at "test:a.fn"'],
  ['a symbol', [Symbol('x')], 'saves a symbol at "test:a[0]"'],
  ['undefined in a list', {limits: [undefined]}, 'saves undefined at "test:a.limits[0]"'],
  ['a hole', [1, , 3], 'saves undefined at "test:a[1]"'], // eslint-disable-line no-sparse-arrays
  [
    'a getter that throws',
    {
      get x() {
        throw new Error('no luck');
      },
    },
    `saves a value that can't be read (no luck)`,
  ],
  ['nesting without end', deep(1e5), "saves a value that can't be read (Maximum call stack"],
])('%s is refused, with its place', (_, value, problem) => {
  const check = () => checkSavedState('test:a', {plugins: {'test:a': value}});
  expect(check).toThrow(expect.objectContaining({code: 'RIFE_ERR_PLUGIN_STATE', plugin: 'test:a'}) as Error);
  expect(check).toThrow(problem);
});

test('what JSON keeps is kept, as a copy that the plugin no longer changes', () => {
  const state = {
    text: 'a',
    list: [1, -2.5, null, {deep: [true]}],
    same: [[1], [1]],
    none: Object.create(null),
  };
  const checkpoint = {plugins: {'test:a': state} as Record<string, unknown>};
  checkSavedState('test:a', checkpoint);
  expect(checkpoint.plugins).toEqual({'test:a': {...state, none: {}}});
  expect((checkpoint.plugins['test:a'] as {gone?: unknown}).gone).toBeUndefined();
  state.list.push(NaN);
  expect(JSON.stringify(checkpoint.plugins)).not.toContain('null]');
});

test('state that stops to be JSON stops the run; the plugin is named, and not the one after it', async () => {
  const out = temporaryFolder();
  const bad = tapping(
    'save',
    ({step, plugins}: CheckpointContext) => void (plugins['test:bad'] = {step, mean: step < 4 ? 1 : NaN}),
    'test:bad',
  );
  const good = tapping(
    'save',
    ({plugins}: CheckpointContext) => void (plugins['test:good'] = 1),
    'test:good',
  );
  const {trainer, lines} = makeTrainer({out, plugins: [bad, good]});
  const error = await trainer.run().catch((failure: unknown) => failure as Error);
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_STATE', plugin: 'test:bad', hook: 'save'});
  expect((error as Error).message).toContain('saves NaN at "test:bad.mean"');
  expect(lines).toContainEqual(expect.stringContaining('what was trained since could not be saved'));
  expect(stepsIn(out)).toEqual([0, 2]);
  // What was written before is whole, and without the plugin's mistake the run goes on from it.
  const mended = tapping(
    'save',
    ({plugins}: CheckpointContext) => void (plugins['test:bad'] = 1),
    'test:bad',
  );
  const resumed = makeTrainer({out, plugins: [mended, good], options: {resume: true}});
  expect(await runUntil(6, resumed)).toMatchObject({step: 6});
});

test('a snapshot that no takeSnapshot() has returned is refused', async () => {
  const fake = tapping(
    'save',
    ({snapshots}: CheckpointContext) => void (snapshots!['test:fake'] = [{step: 1} as never]),
    'test:fake',
  );
  const error = await rejection(makeTrainer({plugins: [fake]}).trainer.run());
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_STATE', plugin: 'test:fake'});
});

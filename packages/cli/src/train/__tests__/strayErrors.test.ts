import {withStrayErrors} from '../strayErrors.js';

let mockPlugin: string | undefined;
jest.mock('@rife-train/core', () => ({actingPlugin: () => mockPlugin}));
beforeEach(() => (mockPlugin = undefined));

const never = new AbortController().signal;
const aborted = (signal: AbortSignal) =>
  new Promise<string>(resolve => signal.addEventListener('abort', () => resolve('saved')));
/** As Node does with an error that nobody catches. */
const throwNowhere = (error: unknown) => process.emit('uncaughtException', error as Error);

test('an error that nobody catches stops the run, and names the plugin that started it', async () => {
  const run = withStrayErrors(never, aborted);
  mockPlugin = 'test:late';
  throwNowhere(new Error('too late'));
  throwNowhere(new Error('even later'));
  await expect(run).rejects.toMatchObject({
    code: 'RIFE_ERR_PLUGIN',
    plugin: 'test:late',
    message: expect.stringContaining('too late') as string,
  });
});

test('an error that belongs to no plugin stays as it is, and counts before that of the run', async () => {
  const error = new Error('whose?');
  const run = withStrayErrors(never, async signal => {
    await aborted(signal);
    throw new Error('a consequence');
  });
  throwNowhere(error);
  await expect(run).rejects.toBe(error);
});

test('a run without such errors returns or throws as it does, and leaves no listener', async () => {
  const before = process.listenerCount('uncaughtException');
  await expect(withStrayErrors(never, async () => 5)).resolves.toBe(5);
  await expect(withStrayErrors(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(process.listenerCount('uncaughtException')).toBe(before);
  const controller = new AbortController();
  const run = withStrayErrors(controller.signal, aborted);
  controller.abort();
  await expect(run).resolves.toBe('saved');
});

test('a plugin cannot exit during a run; the command can', async () => {
  const ends = withStrayErrors(never, async () => {
    mockPlugin = 'test:exits';
    process.exit(0);
  });
  await expect(ends).rejects.toThrow('process.exit(0)');
});

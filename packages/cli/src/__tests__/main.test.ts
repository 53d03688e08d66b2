import {main} from '../program.js';

/** Runs a command line that needs no engine. */
async function run(...argv: string[]) {
  const texts = {out: '', err: ''};
  const code = await main(argv, {
    cwd: __dirname,
    stdout: {write: text => (texts.out += text)},
    stderr: {write: text => (texts.err += text)},
  });
  return {code, ...texts};
}

test('--version', async () => expect(await run('--version')).toEqual({code: 0, out: '0.1.0\n', err: ''}));

test.each([[['--help']], [[]]])('%j prints help with exit codes', async argv => {
  const {code, out, err} = await run(...argv);
  expect([code, err]).toEqual([0, '']);
  for (const part of ['train [options]', 'doctor [options]', 'Exit codes:', '130'])
    expect(out).toContain(part);
});

test('train --help lists its flags', async () => {
  const {code, out} = await run('train', '--help');
  expect(code).toBe(0);
  for (const flag of ['--config', '--resume', '--fresh', '--steps', '--out', '--execution', '--debug'])
    expect(out).toContain(flag);
});

test('flags that set an option have words, values and default of its schema', async () => {
  const {out} = await run('train', '--help');
  const help = out.replace(/\s+/g, ' ');
  expect(help).toContain('--seed <n> seed of initialisation, sampling and augmentation (default: 1234)');
  expect(help).toContain('--device <name> TensorFlow device of the step');
  expect(help).toContain(
    '--execution <how> one graph, or op by op (default: \'captured\') (choices: "captured", "eager")',
  );
});

test.each([
  [['trian'], "Unknown command 'trian'. (Did you mean train?)"],
  [['train', '--step', '3'], "Unknown option '--step'. (Did you mean --steps?)"],
  [['train', '--steps', 'many'], 'It must be a whole number of at least 1'],
  [['train', '--execution', 'fast'], 'Allowed choices are captured, eager'],
  [['train', '--fresh', '--resume'], 'cannot be used with'],
  [['train', '--config'], 'argument missing'],
  [['train', 'now'], 'Too many arguments'],
])('%j is bad usage', async (argv, message) => {
  const {code, out, err} = await run(...argv);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
  expect(err).toContain('RIFE_ERR_CLI_USAGE');
  expect(err).not.toContain('    at ');
});

test.each([
  [['train', '--step', '3'], 'rife-train train --help'],
  [['weights', 'diff', 'a'], 'rife-train weights diff --help'],
  [['weights', 'dif'], 'rife-train weights --help'],
  [
    ['predict', 'a.png', 'b.png', '-w', 'x', '-o', 'y.png', '--t', '0.5', '--multi', '2'],
    'rife-train predict --help',
  ],
  [['trian'], 'rife-train --help'],
])('%j sends to %s', async (argv, help) => {
  expect((await run(...argv)).err).toContain(`See "${help}"`);
});

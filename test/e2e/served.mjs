/**
 * Runs the built command repeatedly in one process: starting Node and TensorFlow for each test
 * would take most of the time. The parent sends {cwd, args, env}; the answer is what a process of
 * its own would have returned.
 */
const {main} = await import(process.argv[2]);

/** Runs a command in a folder and with its own variables. */
async function run({cwd, args, env}) {
  const before = {...process.env};
  Object.assign(process.env, env);
  process.chdir(cwd);
  const text = {stdout: '', stderr: ''};
  const streamOf = name => ({write: part => void (text[name] += part)});
  try {
    const code = await main(args, {cwd, stdout: streamOf('stdout'), stderr: streamOf('stderr')});
    return {code, signal: null, ...text};
  } finally {
    // The folder is about to be removed, and `--debug` sets a variable.
    process.chdir('/');
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

process.on('message', async request => process.send(await run(request)));
process.on('disconnect', () => process.exit());

/**
 * The built command, run over and over in this one process: starting Node and TensorFlow anew for each would be most of the
 * time. The parent sends {cwd, args, env}; back comes what a process of its own would have left.
 */
const {main} = await import(process.argv[2]);

/** Runs a command in a folder and with variables of its own. */
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

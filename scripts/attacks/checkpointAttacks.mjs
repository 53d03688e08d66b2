/** Checkpoints, runs and records from somebody else: nothing runs, nothing is opened outside. */
import {execFileSync} from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {patiently, rewrite, stepFolder, withPreload, writeConfig} from './runs.mjs';
import {check, codeIn} from './tools.mjs';

export const topic = 'checkpoints';

const RECORDED = fileURLToPath(
  new URL('../../packages/core/src/__tests__/fixtures/run-v4/flight/step-00000002', import.meta.url),
);
/** Writes each path that is opened to a file. */
const SPY = `const log = file => typeof file === 'string' && fs.writeSync(2, '\\nOPENED ' + file + '\\n');
const [open, readFile, openSync, readFileSync] = [disk.open, disk.readFile, fs.openSync, fs.readFileSync];
disk.open = (file, ...rest) => (log(file), open(file, ...rest));
disk.readFile = (file, ...rest) => (log(file), readFile(file, ...rest));
fs.openSync = (file, ...rest) => (log(file), openSync(file, ...rest));
fs.readFileSync = (file, ...rest) => (log(file), readFileSync(file, ...rest));`;

const deep = '['.repeat(200_000) + ']'.repeat(200_000);
const position = (content, change) => Object.assign(content, change);

/** What somebody may have made of a run. `at` is the folder of its newest checkpoint, of step 2. */
const CHECKPOINTS = {
  'a snapshot outside': ({state}) =>
    rewrite(state, content => {
      const file = '../../../../secret';
      const {step, updates, dataIndex, avoided} = content;
      content.snapshots = [{owner: 'a', file, position: {step, updates, dataIndex, avoided}, plugins: {}}];
      content.files[file] = {bytes: 6, sha256: '0'.repeat(64)};
    }),
  'a snapshot of __proto__': ({state}) =>
    rewrite(state, content => {
      const {step, updates, dataIndex, avoided} = content;
      const file = 'optimizer.safetensors';
      content.snapshots = [
        {owner: '__proto__', file, position: {step, updates, dataIndex, avoided}, plugins: {}},
      ];
    }),
  'a list of clips outside': ({state}) =>
    rewrite(state, content => void (content.clips.sha256 = '/../../../secret')),
  'weights that are a link': ({at, secret}) => {
    rmSync(join(at, 'weights.safetensors'));
    symlinkSync(secret, join(at, 'weights.safetensors'));
  },
  'weights that are /dev/zero': ({at}) => {
    rmSync(join(at, 'weights.safetensors'));
    symlinkSync('/dev/zero', join(at, 'weights.safetensors'));
  },
  'weights that are a pipe': ({at}) => {
    rmSync(join(at, 'weights.safetensors'));
    execFileSync('mkfifo', [join(at, 'weights.safetensors')]);
  },
  'a state.json that is a pipe': ({state}) => {
    rmSync(state);
    execFileSync('mkfifo', [state]);
  },
  'a folder that is a link': ({at, folder}) => {
    renameSync(at, join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), at);
  },
  'a torn state.json': ({state}) => writeFileSync(state, readFileSync(state, 'utf8').slice(0, 300)),
  'plugins that are null': ({state}) => rewrite(state, content => position(content, {plugins: null})),
  'setbacks that are null': ({state}) => rewrite(state, content => position(content, {setbacks: null})),
  'a model that is text': ({state}) => rewrite(state, content => position(content, {model: 'rm -rf'})),
  'scales that are no list': ({state}) =>
    rewrite(state, content => void (content.model.options.scales = 'none')),
  'a schedule without numbers': ({state}) => rewrite(state, content => position(content, {schedule: {}})),
  'a batch beyond 2^53': ({state}) => rewrite(state, content => position(content, {dataIndex: 1e300})),
  'files that are null': ({state}) => rewrite(state, content => position(content, {files: null})),
  'nesting of 200,000': ({state}) =>
    writeFileSync(state, readFileSync(state, 'utf8').replace('"plugins": {}', `"plugins": {"a": ${deep}}`)),
  'version 2^31': ({state}) => rewrite(state, content => position(content, {version: 2 ** 31})),
};

/** What somebody may have made of a flight record. */
const RECORDS = {
  'no shape': record => void delete record.shape,
  'a shape of 10^9': record => void (record.shape = {batch: 1, height: 1e9, width: 1e9}),
  'another shape': record => void (record.shape.width = 3),
  'no position': record => void delete record.position,
  'a model that is null': record => void (record.model = null),
  'a configuration without optim': record => void delete record.config.optim,
  'batches that are empty': record => void (record.batches = []),
  'a batch without gaps': record => void delete record.batches[0].gap,
  'more batches than frames': record => void record.batches.push(record.batches[0]),
  'terms that are null': record => void (record.terms = null),
  'files that are null': record => void (record.files = null),
  'files of a prototype': record => void (record.files = {constructor: {}}),
  'scalars that are text': record => void (record.scalars = {a: 'rm -rf'}),
  'version 2^31': record => void (record.version = 2 ** 31),
  'plugins that are null': record => void (record.plugins = null),
  'steps of 0': record => void (record.steps = 0),
};

/** A finished run of two steps with one checkpoint, to be copied. */
async function made({folder, rife}) {
  writeConfig(folder, "steps: 2, keep: 1, out: 'whole',");
  const {code, stderr} = await rife(['train'], {timeoutMs: 300_000});
  check(code === 0, stderr || 'the run to attack did not end');
  writeFileSync(join(folder, 'secret'), 'secret');
}

const opened = ({stderr}) =>
  [...stderr.matchAll(/^OPENED (.*)$/gm)]
    .map(([, file]) => file)
    .filter(file => /secret|elsewhere|zero/.test(file));

export const attacks = patiently([
  {
    name: `${Object.keys(CHECKPOINTS).length} hostile checkpoints, resumed`,
    expected: 'refused with a code; nothing outside is opened',
    async run({folder, rife}) {
      await made({folder, rife});
      const [env, found] = [withPreload(folder, SPY), []];
      for (const [name, harm] of Object.entries(CHECKPOINTS)) {
        const run = join(folder, 'run');
        rmSync(run, {recursive: true, force: true});
        cpSync(join(folder, 'whole'), run, {recursive: true});
        const at = join(run, 'checkpoints', stepFolder(2));
        harm({folder, at, state: join(at, 'state.json'), secret: join(folder, 'secret')});
        const result = await rife(['train', '--resume', 'run', '--steps', '3'], {env, timeoutMs: 120_000});
        const problem = result.timedOut
          ? 'it hangs'
          : opened(result).join() ||
            (codeIn(result.stderr) ? '' : result.stderr.replace(/^OPENED.*$/gm, '').trim() || 'taken');
        if (problem) found.push(`${name}: ${problem}`);
        if (existsSync(join(folder, 'elsewhere'))) rmSync(join(folder, 'elsewhere'), {recursive: true});
      }
      check(found.length === 0, found.join('; '));
      return 'none was taken';
    },
  },
  {
    name: 'hostile checkpoints, for a prediction',
    expected: 'refused with a code',
    async run({folder, rife}) {
      await made({folder, rife});
      const found = [];
      for (const name of [
        'weights that are a link',
        'weights that are /dev/zero',
        'weights that are a pipe',
        'a state.json that is a pipe',
        'a model that is text',
        'plugins that are null',
      ]) {
        const run = join(folder, 'run');
        rmSync(run, {recursive: true, force: true});
        cpSync(join(folder, 'whole'), run, {recursive: true});
        const at = join(run, 'checkpoints', stepFolder(2));
        CHECKPOINTS[name]({folder, at, state: join(at, 'state.json'), secret: join(folder, 'secret')});
        const result = await rife(['weights', 'inspect', 'run'], {timeoutMs: 120_000});
        if (codeIn(result.stderr) !== 'RIFE_ERR_CLI_WEIGHTS_CHECKPOINT')
          found.push(`${name}: ${result.timedOut ? 'hangs' : result.stderr.slice(0, 200) || 'taken'}`);
      }
      check(found.length === 0, found.join('; '));
      return 'RIFE_ERR_CLI_WEIGHTS_CHECKPOINT';
    },
  },
  {
    name: "links in the place of a run's own files",
    expected: 'nothing is written through them',
    async run({folder, rife}) {
      await made({folder, rife});
      const run = join(folder, 'run');
      cpSync(join(folder, 'whole'), run, {recursive: true});
      const names = ['metrics.jsonl', 'log.txt', 'run.jsonl', 'checkpoints/latest', 'checkpoints/run'];
      for (const name of names) {
        rmSync(join(run, name), {force: true});
        writeFileSync(join(folder, 'precious'), 'step-00000002\n');
        symlinkSync(join(folder, 'precious'), join(run, name));
      }
      const {code, stderr, stdout} = await rife(['train', '--resume', 'run', '--steps', '3']);
      check(code === 0 || codeIn(stderr), stderr.slice(0, 300));
      check(readFileSync(join(folder, 'precious'), 'utf8') === 'step-00000002\n', 'the file was changed');
      check(/metrics\.jsonl is no regular file/.test(stdout), 'it was not reported');
      check(lstatSync(join(run, 'metrics.jsonl')).isFile(), 'metrics.jsonl is a link');
      return 'metrics.jsonl is begun anew; the others are replaced or left alone';
    },
  },
  {
    name: `${Object.keys(RECORDS).length} hostile flight records, and files of one that are links`,
    expected: 'RIFE_ERR_FLIGHT_RECORD',
    async run({folder, rife}) {
      const found = [];
      const at = join(folder, 'record');
      const tryIt = async (name, harm) => {
        rmSync(at, {recursive: true, force: true});
        cpSync(RECORDED, at, {recursive: true});
        harm(join(at, 'record.json'));
        const {stderr, stdout, timedOut} = await rife(['replay', 'record', '--no-plugins'], {
          timeoutMs: 20_000,
        });
        if (codeIn(stderr) !== 'RIFE_ERR_FLIGHT_RECORD')
          found.push(`${name}: ${timedOut ? 'hangs' : (stderr || stdout).slice(0, 200)}`);
      };
      for (const [name, harm] of Object.entries(RECORDS)) await tryIt(name, file => rewrite(file, harm));
      await tryIt('a byte changed', file =>
        writeFileSync(file, readFileSync(file, 'utf8').replace('"version": 1', '"version": 2')),
      );
      await tryIt('frames that are a pipe', () => {
        rmSync(join(at, 'batches.safetensors'));
        execFileSync('mkfifo', [join(at, 'batches.safetensors')]);
      });
      await tryIt('a record.json that is a pipe', file => {
        rmSync(file);
        execFileSync('mkfifo', [file]);
      });
      await tryIt('weights that are a link', () => {
        renameSync(join(at, 'weights.safetensors'), join(folder, 'elsewhere'));
        symlinkSync(join(folder, 'elsewhere'), join(at, 'weights.safetensors'));
      });
      check(found.length === 0, found.join('; '));
      return 'all refused';
    },
  },
  {
    name: 'a run from somebody else brings a configuration, plugins and packages of its own',
    expected: 'nothing of it is loaded',
    async run({folder, rife}) {
      await made({folder, rife});
      mkdirSync(join(folder, 'whole/node_modules/rife-train'), {recursive: true});
      const bad = "import {writeFileSync} from 'node:fs'; writeFileSync('owned', ''); export default {};";
      for (const name of ['rife.config.mjs', 'rife.config.js', 'node_modules/rife-train/index.js'])
        writeFileSync(join(folder, 'whole', name), bad);
      for (const args of [
        ['train', '--resume', 'whole', '--steps', '3'],
        ['weights', 'inspect', 'whole'],
        ['predict', 'a.png', 'b.png', '--weights', 'whole', '--out', 'c.png'],
      ])
        await rife(args);
      check(!existsSync(join(folder, 'owned')), 'it was run');
      return 'nothing was run';
    },
  },
]);

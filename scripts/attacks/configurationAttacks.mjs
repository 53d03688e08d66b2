/** Configurations with impossible values, and code that no configuration names. */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {CLIPS, write} from './smallRun.mjs';
import {check} from './tools.mjs';

export const topic = 'configuration';

const ran = name => `import {writeFileSync} from 'node:fs'; writeFileSync(${JSON.stringify(name)}, ''); `;
const pure = {data: {root: CLIPS, crop: 64}, steps: 1, out: 'run'};

const COMMANDS = [['train', '--dry-run'], ['plugins']];

/** Flags, and the option that the error must name. */
const NUMBERS = [
  ['--devices 1000', 'devices'],
  ['--steps 99999999999999999999', 'steps'],
  ['--set data.crop=1e9', 'data.crop'],
  ['--set data.crop=[64,1e9]', 'data.crop'],
  ['--set data.gaps=[3,2]', 'data.gaps'],
  ['--set data.gaps=[1,1e9]', 'data.gaps'],
  ['--set validateTriplets=1e9', 'validateTriplets'],
  ['--set optim.microSteps=1e9', 'optim.microSteps'],
  ['--set optim.globalBatch=1e8', 'optim.globalBatch'],
  ['--set hookTimeout=1e7', 'hookTimeout'],
  ['--set replicaTimeout=1e9', 'replicaTimeout'],
  ['--set model.widths=[1e9,1e9,1e9]', 'model.widths'],
  ['--set __proto__.steps=5', '__proto__'],
  ['--set constructor.prototype.steps=5', 'constructor'],
];

export const attacks = [
  {
    name: 'code in ./.config, beside --config of another folder',
    expected: 'only the named file is read',
    async run({folder, rife}) {
      const mark = join(folder, 'owned');
      const common = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); module.exports = {};`;
      for (const extension of ['js', 'mjs', 'ts'])
        write(join(folder, `.config/config.${extension}`), `${ran(mark)}export default {};`);
      write(join(folder, '.config/config.cjs'), common);
      write(join(folder, 'other/rife.config.json'), JSON.stringify(pure));
      for (const args of COMMANDS) {
        await rife([...args, '--config', 'other/rife.config.json']);
        check(!existsSync(mark), `"${args.join(' ')}" ran code of the current folder`);
      }
      return 'no code of the folder ran';
    },
  },
  {
    name: 'a package.json that is no JSON, beside --config of another folder',
    expected: 'it is not read',
    async run({folder, rife}) {
      write(join(folder, 'package.json'), '{"name": ');
      write(join(folder, 'other/rife.config.json'), JSON.stringify(pure));
      for (const args of COMMANDS) {
        const {stderr, code} = await rife([...args, '--config', 'other/rife.config.json']);
        check(code === 0 && !/JSON/.test(stderr), `"${args.join(' ')}": ${code} ${stderr.slice(0, 300)}`);
      }
      return 'all commands work';
    },
  },
  {
    name: 'numbers that no run can use, in the file and in flags',
    expected: 'refused by name, before anything is allocated or written',
    async run({folder, rife}) {
      write(join(folder, 'rife.config.json'), JSON.stringify(pure));
      for (const [flag, name] of NUMBERS) {
        const {stderr, code, timedOut} = await rife(['train', ...flag.split(' ')], {
          // Half a gigabyte of JavaScript, so that a process that eats memory dies.
          env: {NODE_OPTIONS: '--max-old-space-size=512'},
        });
        check(!timedOut && code === 2, `${flag}: exit code ${code} ${stderr.slice(0, 200)}`);
        check(stderr.includes(name), `${flag}: ${stderr.slice(0, 200)}`);
        check(!existsSync(join(folder, 'run')), `${flag}: a folder was made`);
      }
      return `${NUMBERS.length} refused by name`;
    },
  },
];

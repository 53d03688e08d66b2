/** Configurations with impossible values, and code that no configuration names. */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {CLIPS, write} from './smallRun.mjs';
import {check} from './tools.mjs';

export const topic = 'configuration';

const ran = name => `import {writeFileSync} from 'node:fs'; writeFileSync(${JSON.stringify(name)}, ''); `;
const pure = {data: {root: CLIPS, crop: 64}, steps: 1, out: 'run'};

const COMMANDS = [['train', '--dry-run'], ['plugins']];

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
];

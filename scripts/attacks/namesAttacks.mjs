/** Names with what a terminal, a page or a program would take for more than a name. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {check} from './tools.mjs';

export const topic = 'names';

const ESCAPES = '\u001b[2J\u001b]0;owned\u0007';

export const attacks = [
  {
    name: 'a clip folder whose name holds terminal escapes',
    expected: 'no control character reaches the terminal',
    async run({folder, rife}) {
      const clip = join(folder, 'clips', `evil${ESCAPES}`);
      mkdirSync(clip, {recursive: true});
      writeFileSync(join(clip, '0001.png'), 'no picture');
      const {stdout, stderr, code, timedOut} = await rife(['data', 'doctor', 'clips']);
      check(!timedOut, 'it did not end');

      check(!/[\u0000-\u0008\u000b-\u001f\u007f]/.test(stdout + stderr), 'a control character in the output');
      return `exit code ${code}, no control character`;
    },
  },
];

/** Hostile test sets and result folders given to `eval`. */
import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {FRAME} from './demoClips.mjs';
import {write} from './smallRun.mjs';
import {check, codeIn} from './tools.mjs';

export const topic = 'evaluate';

const SCENE = ['other-data/@/frame10.png', 'other-data/@/frame11.png', 'other-gt-interp/@/frame10i11.png'];

/** A scene of Middlebury's layout; `change` writes over one of its pictures. */
function scene(folder, name, change = () => {}) {
  for (const path of SCENE) {
    const file = join(folder, 'set', path.replace('@', name));
    mkdirSync(dirname(file), {recursive: true});
    cpSync(FRAME, file);
  }
  change(join(folder, 'set', SCENE[1].replace('@', name)));
}

/** A PNG whose header declares a size. */
function pngOf(width, height) {
  const png = Buffer.from(readFileSync(FRAME));
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png;
}

const args = (set, more = []) => ['eval', set, '--root', 'set', '--weights', 'none.pkl', ...more];

/** Expects a coded error soon, and that nothing was written. */
async function refused(rife, set) {
  const {code, stderr, timedOut} = await rife(args(set), {timeoutMs: 60_000});
  check(!timedOut, 'it did not end');
  check(code !== 0 && /^RIFE_ERR_EVAL_/.test(codeIn(stderr)), `it ended with ${code}: ${stderr}`);
  return codeIn(stderr);
}

export const attacks = [
  {
    name: 'a list of SNU-FILM whose paths lead out of the set',
    expected: 'refused with a code, by its line',
    async run({folder, rife}) {
      write(join(folder, 'set/test-easy.txt'), '../../a/1.png ../../a/2.png ../../a/3.png\n');
      mkdirSync(join(folder, 'set/test'), {recursive: true});
      const code = await refused(rife, 'snu-film-easy');
      check(code === 'RIFE_ERR_EVAL_LIST', `the error was ${code}`);
      return code;
    },
  },
  {
    name: 'a pipe in place of a picture',
    expected: 'refused with a code, and nothing waits for a writer',
    async run({folder, rife}) {
      scene(folder, 'Venus', path => {
        execFileSync('rm', [path]);
        execFileSync('mkfifo', [path]);
      });
      return refused(rife, 'middlebury');
    },
  },
  {
    name: 'pictures whose headers declare 60,000 x 60,000 pixels',
    expected: 'refused with a code, without taking the memory',
    async run({folder, rife}) {
      scene(folder, 'Venus');
      for (const path of SCENE)
        writeFileSync(join(folder, 'set', path.replace('@', 'Venus')), pngOf(60_000, 60_000));
      return refused(rife, 'middlebury');
    },
  },
  {
    name: 'a scene named as HTML and with terminal escapes, in messages',
    expected: 'no control character reaches the terminal',
    async run({folder, rife}) {
      scene(folder, '<img src=x onerror=alert(1)>\u001b[2J');
      const {stdout, stderr, code, timedOut} = await rife(args('middlebury'), {timeoutMs: 60_000});
      check(!timedOut, 'it did not end');
      check(
        !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(stdout + stderr),
        'a control character came through',
      );
      return `exit code ${code}, no control character`;
    },
  },
];

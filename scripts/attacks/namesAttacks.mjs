/** Names with what a terminal, a page or a program would take for more than a name. */
import {cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {clips, DEMO_VIDEO, FRAME} from './demoClips.mjs';
import {check} from './tools.mjs';

export const topic = 'names';

const CORE = new URL('../../packages/core/dist/index.js', import.meta.url).href;
const ESCAPES = '\u001b[2J\u001b]0;owned\u0007';
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

function checkPrintable(text, where) {
  const at = text.search(CONTROLS);
  check(at < 0, `a control character in ${where}: ${JSON.stringify(text.slice(at - 40, at + 40))}`);
}

/** Names of videos, each a valid file name, that a program could misread. */
const VIDEO_NAMES = [
  '-y',
  '-i',
  '%03d',
  'file:x',
  'concat:a|b',
  'a\nwarning: forged',
  `e${ESCAPES}`,
  '$(id)',
];

/** A clip of three frames in a folder of any name. */
function frames(folder) {
  mkdirSync(folder, {recursive: true});
  for (const name of ['1.png', '2.png', '3.png']) cpSync(FRAME, join(folder, name));
}

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
      checkPrintable(stdout + stderr, 'the output');
      return `exit code ${code}, no control character`;
    },
  },
  {
    name: 'clips, good and bad, named as HTML, in the doctor’s page',
    expected: 'the page shows the names, and nothing of them is an element',
    async run({folder, rife}) {
      const name = `<img src=x onerror=alert(1)>"'&`;
      frames(join(folder, 'clips', name));
      writeFileSync(join(folder, 'clips', `${name}.mp4`), 'no video');
      writeFileSync(join(folder, 'clips', `${name}.txt`), 'passed over');
      const {stderr} = await rife(['data', 'doctor', 'clips', '--html', 'report.html']);
      const page = readFileSync(join(folder, 'report.html'), 'utf8');
      check(!page.includes('<img src=x'), 'a name became an element of the page');
      check(page.includes('&lt;img src=x'), `the page does not show the name: ${stderr}`);
      return 'escaped';
    },
  },
  {
    name: 'videos named as options, addresses, patterns, with line ends and escapes',
    expected: 'each is packed and built as itself, and the output has only lines of ours',
    async run({folder, rife}) {
      mkdirSync(join(folder, 'clips'));
      for (const name of VIDEO_NAMES) cpSync(DEMO_VIDEO, join(folder, 'clips', `${name}.mp4`));
      const packed = await rife(['data', 'pack', 'clips', '--out', 'packed']);
      const built = await rife(['data', 'build', 'clips', '--out', 'built', '--dry-run']);
      for (const {stdout, stderr} of [packed, built]) {
        checkPrintable(stdout + stderr, 'the output');
        check(!/^warning: forged/m.test(stdout + stderr), 'a name made a line of its own');
      }
      const made = readdirSync(join(folder, 'packed', 'train'));
      check(made.length === VIDEO_NAMES.length, `packed are ${made.join(', ')}: ${packed.stderr}`);
      check(
        built.stdout.match(/: 1 clip$/gm)?.length === VIDEO_NAMES.length,
        `built: ${built.stdout}${built.stderr}`,
      );
      return 'all read';
    },
  },
  {
    name: 'clips and log keys with terminal escapes and line ends in a run, and in its resume',
    expected: 'no control character in the terminal or log.txt, and metrics.jsonl is JSON',
    async run({folder, rife}) {
      const evil = `e${ESCAPES}\n\u202e<b>%s`;
      clips(folder, train => {
        cpSync(DEMO_VIDEO, join(train, `${evil}.mp4`));
        writeFileSync(join(train, `bad${evil}.mp4`), 'no video');
      });
      writeFileSync(
        join(folder, 'rife.config.mjs'),
        `import {definePlugin} from '${CORE}';
        const apply = ({hooks, log}) => hooks.beforeStep.tap('user:log', () => log(${JSON.stringify(evil)}, 1));
        export default {
          data: {root: 'clips', crop: 64, batch: 1, workers: 1, onBadClip: 'skip', maxBadShare: 1},
          steps: 2, out: 'run', validateEvery: 0, previewEvery: 1,
          plugins: [definePlugin({name: 'user:log', apply})],
        };`,
      );
      for (const args of [
        ['train', '--execution', 'eager'],
        ['train', '--resume', '--steps', '3'],
      ]) {
        const {stdout, stderr, code} = await rife(args, {timeoutMs: 120_000});
        check(code === 0, `${args.join(' ')}: ${stderr}`);
        checkPrintable(stdout + stderr, `the output of ${args.join(' ')}`);
      }
      checkPrintable(readFileSync(join(folder, 'run/log.txt'), 'utf8'), 'log.txt');
      const lines = readFileSync(join(folder, 'run/metrics.jsonl'), 'utf8').trim().split('\n');
      lines.forEach(line => JSON.parse(line));
      return `${lines.length} lines of metrics, no control character`;
    },
  },
];

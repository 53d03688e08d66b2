/** The table of scripts/attacks is well formed, and its runner notices an attack that succeeds. */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {callScript, evalScript, ROOT} from './callScript.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rife-planted-'))));
afterEach(() => rmSync(folder, {recursive: true}));

test('the table of attacks is well formed', () => {
  const here = JSON.stringify(join(ROOT, 'scripts/attacks'));
  expect(evalScript('attacks/table.mjs', `exports.problems(await exports.loadAttacks(${here}))`)).toEqual([]);
});

test('what is wrong with a table is named', () => {
  const attack = {file: 'a.mjs', topic: 'a', name: 'b', expected: ''};
  expect(callScript('attacks/table.mjs', 'problems', [attack, attack])).toEqual([
    'a.mjs: a: b: "expected" is missing',
    'a.mjs: a: b: "run" is no function',
    'a.mjs: a: b: "expected" is missing',
    'a.mjs: a: b: "run" is no function',
    'a.mjs: a: b: two attacks have this name',
  ]);
});

test('a page gets a new table between its marks, and keeps the rest', () => {
  const page = (text: string) => `before\n<!-- attacks: begin -->\n${text}\n<!-- attacks: end -->\nafter\n`;
  expect(callScript('attacks/table.mjs', 'renewed', page('old'), 'new')).toBe(page('new'));
  expect(callScript('attacks/table.mjs', 'renewed', 'no marks', 'new')).toEqual({
    thrown: expect.stringContaining('the page lacks'),
  });
});

test('a cell holds no character that a page or a terminal acts on', () => {
  expect(callScript('attacks/table.mjs', 'cell', 'a\u001b[2J|b\n<script>\u202e')).toBe(
    'a?[2J\\|b &lt;script>?',
  );
});

/** Runs planted attacks, each given as its name and the body of `run`. */
function attack(bodies: Record<string, string>) {
  const list = Object.entries(bodies).map(
    ([name, body]) => `{name: '${name}', expected: 'nothing', async run({folder}) { ${body} }}`,
  );
  const source = `import {spawn} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
export const topic = 'planted';
export const attacks = [${list.join(',\n')}];`;
  writeFileSync(join(folder, 'plantedAttacks.mjs'), source);
  const out = join(folder, 'out.md');
  const args = ['scripts/attacks/run.mjs', '--from', folder, '--jobs', '3', '--out', out];
  const {status, stdout} = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: {...process.env, TMPDIR: folder},
  });
  return {status, stdout, table: readFileSync(out, 'utf8')};
}

test('an attack that holds is success, and nothing of it is left', () => {
  const {status, stdout, table} = attack({fine: `writeFileSync(join(folder, 'a'), ''); return 'seen'`});
  expect(stdout).toMatch(/1 attacks, 0 succeeded\n$/);
  expect(status).toBe(0);
  expect(table).toBe(
    '| topic | attack | expected | result |\n|---|---|---|---|\n| planted | fine | nothing | held: seen |\n',
  );
  expect(readdirSync(folder).sort()).toEqual(['out.md', 'plantedAttacks.mjs']);
});

test('an attack that succeeds is reported, and so is what one leaves', () => {
  const {status, stdout, table} = attack({
    open: `throw new Error('the door is open')`,
    process: `spawn('sleep', ['60'], {detached: true, stdio: 'ignore'}).unref(); return 'seen'`,
    file: `writeFileSync(join(tmpdir(), 'rife-left'), ''); return 'seen'`,
    silent: `process.exit(0)`,
  });
  expect(stdout).toMatch(/4 attacks, 4 succeeded\n$/);
  expect(status).toBe(1);
  expect(table).toContain('SUCCEEDED: the door is open');
  expect(table).toContain('SUCCEEDED: seen; left: process sleep 60');
  expect(table).toContain('SUCCEEDED: seen; left: temporary file rife-left');
  expect(table).toContain('SUCCEEDED: the process of the attack ended without an answer');
  expect(readdirSync(folder).sort()).toEqual(['out.md', 'plantedAttacks.mjs']);
});

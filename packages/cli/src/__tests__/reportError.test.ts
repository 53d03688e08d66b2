import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {ERROR_CODES, replicaFailure, RifeError} from '@rife-train/errors';
import {errorText} from '../reportError.js';

const docsOf = (code: string) => new RifeError({code, part: 'x', what: 'x', fix: 'x'}).docs;

const root = join(__dirname, '../../../..');
const error = new RifeError({
  code: 'RIFE_ERR_CLI_USAGE',
  part: 'cli',
  what: 'No',
  fix: 'Do',
  cause: new Error('the reason'),
});

test('a coded error prints message, code and page, and no stack', () => {
  expect(errorText(error, false)).toBe(
    '[rife:cli] No. Do.\n\nCode: RIFE_ERR_CLI_USAGE (see docs/errors/cli.md#rife_err_cli_usage)\nCause: the reason',
  );
});

test('debugging prints the stacks of the error and of its cause', () => {
  const text = errorText(error, true);
  expect(text.match(/\n {4}at /g)!.length).toBeGreaterThan(2);
  expect(text).toContain('Error: the reason\n    at ');
});

test('an error without a code is shown with its stack', () => {
  expect(errorText(new TypeError('boom'), false)).toMatch(/^Unexpected error: TypeError: boom\n {4}at /);
  expect(errorText('text', false)).toBe('Unexpected error: text');
});

test('anything that is thrown has a text, and none of it throws again', () => {
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('no property can be read');
    },
  });
  const circular = new Error('in a circle');
  circular.cause = circular;
  const wrapped = (cause: unknown) =>
    new RifeError({code: 'RIFE_ERR_PLUGIN', part: 'x', what: 'x', fix: 'x', cause});
  expect(errorText(Object.create(null), false)).toBe('Unexpected error: an object without a text');
  expect(errorText(Symbol('sign'), false)).toBe('Unexpected error: Symbol(sign)');
  expect(errorText(hostile, false)).toBe('Unexpected error: an object without a text');
  expect(errorText(wrapped(Object.create(null)), false)).toContain('Cause: an object without a text');
  expect(errorText(wrapped(circular), true)).toContain('in a circle');
  expect(replicaFailure(circular)).toMatchObject({message: 'in a circle'});
  expect(replicaFailure(hostile)).toMatchObject({message: 'an object without a text'});
});

/** Files of packages/errors that hold messages; each has a page of its name. */
const parts = readdirSync(join(root, 'packages/errors/src'))
  .filter(name => name.endsWith('.ts') && !['index.ts', 'rifeError.ts', 'codes.ts'].includes(name))
  .map(name => name.slice(0, -'.ts'.length));

/** Codes by the part file that defines them; where several use one, by the first. */
const codes = parts.toReversed().flatMap(part => {
  const source = readFileSync(join(root, `packages/errors/src/${part}.ts`), 'utf8');
  return [...source.matchAll(/RIFE_ERR_[A-Z0-9_]+/g)].map(([code]) => [code, part] as const);
});

test('there are codes to look at', () => {
  expect(codes.length).toBeGreaterThan(20);
  expect(parts).toContain('cli');
});

test('the list of codes is that of the messages', () => {
  expect([...ERROR_CODES].sort()).toEqual([...new Set(codes.map(([code]) => code))].sort());
});

test.each([...new Map(codes)])('%s points to the page of its part', (code, part) => {
  expect(docsOf(code)).toBe(`docs/errors/${part}.md#${code.toLowerCase()}`);
});

test.each([...new Map(codes)])('%s has a section', (code, part) => {
  expect(`${readFileSync(join(root, `docs/errors/${part}.md`), 'utf8')}\n`).toContain(`\n## ${code}\n`);
});
